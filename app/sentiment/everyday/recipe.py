"""The everyday model in stages whose results are saved.

    encoder     reads all texts without their grades             models/mixed-reviews/encoder-everyday-large/
    lessons     the texts with what a linear model says of them, models/mixed-reviews/.lessons/
                and others made of them
    large       starts from the encoder, learns the lessons      models/mixed-reviews/custom-lstm-everyday-large-.../
    networks    the same with half of the units, and with what   models/mixed-reviews/custom-lstm-everyday-.../
                the large one says beside the linear model;
                each learns more of the written texts
    mean        of their weights                                 models/mixed-reviews/custom-lstm-everyday-mean-.../
                                                                 -> models/mixed-reviews/everyday/

A stage is skipped where its result is there, made of the same texts and settings; a training that was stopped goes on.
The test split is read by each saved run and by the small copy, and nothing is chosen by it.
The shipped weights were trained while the short texts grew, see docs/everyday.md and `sentiment.everyday.further`.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from onnx import ModelProto
from scipy.special import softmax

from sentiment.config import OURS, Classes, Config, PretrainingConfig, preset
from sentiment.data.dataset import CORPUS, DatasetInfo, Examples, Splits
from sentiment.everyday.averaging import average
from sentiment.everyday.corpus import CLASSES, FILMS, STARS, Corpus, Origin
from sentiment.everyday.lessons import Amounts, Lessons, ShortTexts, Teacher, Teachers, make_lessons
from sentiment.everyday.linear import LinearGrades, cross_fitted, fit_linear
from sentiment.inference.engines import OnnxEngine
from sentiment.inference.predictor import Predictor
from sentiment.networks.onnx_files import read_onnx
from sentiment.networks.onnx_head import head_of, with_head
from sentiment.publishing.shipping import ship
from sentiment.report.tables import markdown_table
from sentiment.runs.identity import digest
from sentiment.runs.record import merged
from sentiment.runs.saved_run import ONNX, SavedRun, load_run
from sentiment.support.paths import SHIPPED_MODELS
from sentiment.support.progress import TrainingProgress
from sentiment.support.storage import new_file
from sentiment.support.threads import settle
from sentiment.training.classifier import train
from sentiment.training.corpora import Texts as Unlabelled
from sentiment.training.encoders import Encoder, load_encoder
from sentiment.training.encoding import encode
from sentiment.training.pretraining import pretrain
from sentiment.training.saving import is_trained

DATASET, NAME, LARGE = "mixed-reviews", "everyday", "everyday-large"
SOURCES = "SOURCES.md"  # in the folder of the shipped run
_ENCODER = "encoder"
_LESSONS = ".lessons"
SEED = 1
# Part of the identity of the lessons, and raised by hand whenever they are made in another way from the same texts.
LESSON_RULES = 6
_LEAST = 1e-6  # probability of a grade, before its logarithm is taken
_TARGETS = [f"grade_{grade}" for grade in range(STARS)]

_OF_NETWORK = 0.65  # weight of the large network in what it and the linear model say together
_CRITIC = "imdb/flagship"  # says of whole film reviews which side they are on
_OF_CRITIC = 0.5  # exponent of its probability
_GRADES = Classes(tuple(str(star) for star in range(1, STARS + 1)), ordered=True)

PRETRAINING = {
    LARGE: PretrainingConfig(
        vocabulary_size=25_000, embedding_size=256, units=256, epochs=4, batch_size=192, learning_rate=3e-3,
        dtype="mixed_bfloat16",
    ),
    NAME: PretrainingConfig(
        vocabulary_size=25_000, embedding_size=128, units=128, epochs=6, batch_size=256, learning_rate=4e-3,
        dtype="mixed_bfloat16",
    ),
}  # fmt: skip
_SHARED: Config = preset("compact").replace(
    classes=CLASSES, architecture=OURS, seed=SEED, dtype="mixed_bfloat16", short_texts=0, excerpts=0, averaging=0.998
)
SETTINGS = {
    LARGE: _SHARED.replace(embedding_dropout=0.3, head_dropout=0.3, learning_rate=2e-3),
    NAME: _SHARED,
}
AMOUNTS = {LARGE: Amounts(), NAME: Amounts(unlabelled=40_000, frames=2)}


@dataclass(frozen=True)
class Stage:
    """A network to train."""

    name: str  # of its run and of its lessons
    like: str  # LARGE or NAME, whose encoder, settings and amounts it has
    epochs: int
    written: float = 1.0  # share of the written texts
    weight: float = 1.0  # in the mean


LARGE_NETWORK = Stage(LARGE, LARGE, epochs=3)
# More written texts make a network better at short texts and a little worse at whole reviews; each also misreads other
# forms of sentences, and the mean fewer. The weights were chosen by the behaviour suite. All start from one seed: where
# the last layers began apart, the mean of the weights is no better than one network.
NETWORKS = (
    Stage(f"{NAME}-third", NAME, epochs=6, written=1 / 3, weight=0.44),
    Stage(f"{NAME}-two-thirds", NAME, epochs=5, written=2 / 3, weight=0.36),
    Stage(f"{NAME}-all", NAME, epochs=4, weight=0.2),
)


def make_everyday(corpus: Corpus, short: ShortTexts, models: Path, report: TrainingProgress) -> SavedRun:
    """Runs all stages that are not done yet.

    Args:
        corpus: what there is to learn.
        short: texts with a label each, made for it.
        models: folder of all datasets.
        report: receives every step and epoch.

    Returns:
        The shipped run.

    Raises:
        RunError: the model of film reviews that teaches is missing.
        ExportError: the shipped copy would be less accurate than the run.
        StorageError: the disk is full or cannot be written.
    """
    critic = load_run(SHIPPED_MODELS / _CRITIC)
    settle(loops=False)
    stages = _Stages(corpus, short, models / DATASET, report)
    teachers = (stages.trained(LARGE_NETWORK), critic)
    run = stages.mean(NETWORKS, teachers)
    return ship(run, NAME, stages.splits(NETWORKS[-1], teachers), {SOURCES: sources_page(corpus.origins)})


@dataclass(frozen=True)
class _Stages:
    """What all stages share."""

    corpus: Corpus
    short: ShortTexts
    folder: Path
    report: TrainingProgress

    def encoder(self, like: str) -> Encoder:
        """The encoder of LARGE or of NAME, there or new."""
        corpus = self.corpus
        texts = Unlabelled(
            [*corpus.train.texts, *corpus.unlabelled], corpus.validation.texts, DATASET, corpus.content_hash
        )
        place = self.folder / f"{_ENCODER}-{like}"
        return pretrain(texts, PRETRAINING[like], place, self.report) or load_encoder(place)

    def config(self, stage: Stage, encoder: Encoder, teachers: Sequence[SavedRun]) -> Config:
        """All settings of a stage."""
        told = ", ".join(f"{run.name} {run.record.id[:16]}" for run in teachers)
        linear = f"linear {self.corpus.content_hash[:16]}"
        config = encoder.sized(SETTINGS[stage.like].replace(preset=stage.name, epochs=stage.epochs))
        return config.replace(teachers=f"{told}, {linear}" if told else linear)

    def trained(self, stage: Stage, teachers: Sequence[SavedRun] = ()) -> SavedRun:
        """The run of a stage, there or new.

        Args:
            stage: what to train.
            teachers: beside the linear model: the large network and the model of film reviews, or none.
        """
        encoder = self.encoder(stage.like)
        config, splits = self.config(stage, encoder, teachers), self.splits(stage, teachers)
        if is_trained(config, splits, self.folder):
            return load_run(self.folder / config.name)
        return train(
            encode(splits, config.tokenizer, encoder), config, self.folder, self.report, encoder,
            teaching=merged([run.record.training_times for run in teachers]),
            teachers=[run.folder for run in teachers],
        )  # fmt: skip

    def mean(self, stages: Sequence[Stage], teachers: Sequence[SavedRun]) -> SavedRun:
        """The run whose weights are the mean of those of several stages, there or new."""
        runs = [self.trained(stage, teachers) for stage in stages]
        last = stages[-1]  # it learns all that the others learn
        encoder = self.encoder(last.like)
        config = self.config(replace(last, name=f"{last.like}-mean"), encoder, teachers)
        splits = self.splits(last, teachers)
        if not is_trained(config, splits, self.folder, runs):
            self.report.note(f"{config.name}: the mean of {len(runs)} networks")
            encoded = encode(splits, config.tokenizer, encoder)
            origins = [encoder.folder, *(run.folder for run in teachers)]
            average(runs, [stage.weight for stage in stages], encoded, config, self.folder, origins)
        return load_run(self.folder / config.name)

    def splits(self, stage: Stage, teachers: Sequence[SavedRun]) -> Splits:
        """What a stage learns, is chosen by and is measured on."""
        corpus = self.corpus
        told = [run.record.id for run in teachers]
        short = ShortTexts(self.short.frames, _part(self.short.written, stage.written))
        made = [list(short.frames), list(short.written)]
        identity = digest([LESSON_RULES, corpus.content_hash, made, asdict(AMOUNTS[stage.like]), SEED, told])
        place = self.folder / _LESSONS / f"{stage.name}-{identity[:16]}.parquet"
        lessons = self._lessons(stage, short, teachers, place)
        return splits_of(lessons, corpus, identity)

    @cached_property
    def _linear(self) -> tuple[LinearGrades, np.ndarray]:
        """The linear model, and what it would say of the texts that it has learnt if it had not."""
        linear = fit_linear(self.corpus.train)
        return linear, cross_fitted(linear, self.corpus.train)

    def _lessons(self, stage: Stage, short: ShortTexts, teachers: Sequence[SavedRun], path: Path) -> Lessons:
        """The lessons of a stage, saved or new: they take some minutes."""
        try:
            table = pd.read_parquet(path)
            return Lessons(
                table["text"].tolist(), table[_TARGETS].to_numpy(np.float32), json.loads(table.attrs["counts"])
            )
        except (OSError, ValueError, KeyError):  # none, or damaged
            pass
        train = self.corpus.train
        who = f"a linear model{' and networks' if teachers else ''}"
        self.report.note(f"{who} that learnt {len(train):,} texts teach {stage.name} (once; some minutes)")
        linear, answers = self._linear
        of_texts: Teacher = linear
        of_films: Teacher = linear
        if teachers:
            large, film_reviews = teachers
            network, critic = grades_of(large), Predictor(film_reviews)
            answers = _mixed(answers, network(train.texts))
            films = train.sources == FILMS
            answers[films] = _leaning(answers[films], critic, train.at(films).texts)
            of_texts = lambda texts: _mixed(linear(texts), network(texts))  # noqa: E731
            of_films = lambda texts: _leaning(of_texts(texts), critic, texts)  # noqa: E731
        asked = Teachers(answers, of_texts, of_films)
        lessons = make_lessons(self.corpus, short, asked, AMOUNTS[stage.like], SEED)
        table = pd.DataFrame(lessons.targets, columns=_TARGETS)
        table.insert(0, "text", lessons.texts)
        table.attrs["counts"] = json.dumps(lessons.counts)
        with new_file(path) as temporary:
            table.to_parquet(temporary, index=False)
        self.report.note(", ".join(f"{count:,} {kind}" for kind, count in lessons.counts.items()))
        return lessons


def splits_of(lessons: Lessons, corpus: Corpus, identity: str) -> Splits:
    """The lessons as a training split. The test split is that of the reviews; films have reports of their own."""
    test = corpus.test.at(corpus.test.sources != FILMS)
    validation, test_examples = (Examples(held.texts, held.classes) for held in (corpus.validation, test))
    info = DatasetInfo(
        name=DATASET,
        source=CORPUS,
        reviews=len(lessons.texts) + len(validation) + len(test_examples),
        content_hash=identity,
        train=len(lessons.texts),
        validation=len(validation),
        test=len(test_examples),
        unlabelled=0,
        duplicates_removed=0,
        test_overlap_removed=0,
        unlabelled_overlap_removed=0,
        classes=CLASSES,
    )
    return Splits(Examples(lessons.texts, lessons.targets), validation, test_examples, [], info)


def _part(written: Sequence[tuple[str, str]], share: float) -> Sequence[tuple[str, str]]:
    """A draw of the written texts, in their order; a larger share has all of a smaller one."""
    drawn = np.random.default_rng(SEED).permutation(len(written))[: round(share * len(written))]
    return [written[row] for row in sorted(drawn)]


def _mixed(linear: np.ndarray, network: np.ndarray) -> np.ndarray:
    """The normalised geometric mean of two answers, float32[n, 5], with weights."""
    logarithms = (1 - _OF_NETWORK) * np.log(linear + _LEAST) + _OF_NETWORK * np.log(network + _LEAST)
    return softmax(logarithms, axis=1).astype(np.float32)


def _leaning(grades: np.ndarray, critic: Predictor, texts: Sequence[str]) -> np.ndarray:
    """Grades of whole film reviews, float32[n, 5], moved towards the side that a model of film reviews takes."""
    positive = np.clip(critic.predict_proba(texts)[:, 1:], _LEAST, 1 - _LEAST)
    sides = np.concatenate([1 - positive, np.sqrt(positive * (1 - positive)), positive], axis=1) ** _OF_CRITIC
    moved = grades * np.repeat(sides, CLASSES.grades, axis=1)
    return (moved / moved.sum(axis=1, keepdims=True)).astype(np.float32)


def grades_of(run: SavedRun) -> Teacher:
    """The probability of each grade that a run gives to clean texts."""
    model = ModelProto.FromString(read_onnx(run.folder / ONNX))
    engine = OnnxEngine(with_head(model, *head_of(model), _GRADES, {}).SerializeToString())
    tokenizer = run.tokenizer()
    return lambda texts: engine.start(tokenizer.token_ids(texts))().astype(np.float32)


def sources_page(origins: Sequence[Origin]) -> str:
    """A page with the sources of the texts and their licences, in Markdown."""
    columns = [
        ("Source", [origin.name for origin in origins]),
        ("Domain", [origin.domain for origin in origins]),
        ("Texts learnt", [f"{origin.texts:,}" for origin in origins]),
        ("Licence, as stated there", [origin.licence for origin in origins]),
        ("Published at", [origin.source for origin in origins]),
    ]
    introduction = (
        "What the everyday model has learnt. None of the texts is in this folder. Most are public reviews whose "
        "publishers state no licence for the texts, and some say that they collected them for research. Left out were "
        "sources whose terms allow academic, research or non-commercial use alone."
    )
    return "\n".join(["# Sources", "", introduction, "", *markdown_table(columns)]) + "\n"
