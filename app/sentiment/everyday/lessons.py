"""Everything that the everyday network learns from, with a probability for each grade.

texts         the grade that they have, or those that they may have      and what the teachers say
excerpts      one to three sentences of longer texts                     and what the teachers say of them
unlabelled    reviews of the archive                                     what the teachers say
sentences     with one clear word of opinion, as they are, denied and    that of the word
              stressed, see `sentiment.data.templates`
turned        see `sentiment.everyday.turned`                            the opposite
frames        short texts made by frames, in forms that the reviews      their label
              lack: answers, ellipsis, then and now
written       short texts that were written for this, each by itself,    their label
              as they are, and as people type them about other people
embedded      texts of frames and written ones with an opinion, each      that of the opinion
              among neutral ones
"""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from random import Random

import numpy as np

from sentiment.config import NEGATIVE, NEUTRAL, POSITIVE
from sentiment.data.dataset import Examples
from sentiment.data.templates import TRAINING_KINDS, excerpts, short_texts
from sentiment.everyday.corpus import STARS, Corpus, Graded, key_of
from sentiment.everyday.turned import turned_texts
from sentiment.everyday.typed import as_typed

Teacher = Callable[[Sequence[str]], np.ndarray]  # clean texts to float32[n, 5]

_OWN = 0.97  # of the grades that a text may have, in its own part of the target; labels are wrong now and then
_SPREAD = 0.02  # added to the teachers before they divide a label among its grades
_OF_REVIEW = 0.3  # of the whole text, in the target of an excerpt
_MOST_AROUND = 6  # neutral texts around an opinion
_ENDS = (".", "!", "?")  # of a sentence
_LONG = 300  # characters, from which a text gives an excerpt
_OF_LABELS = {  # a label without stars, and nobody to ask
    NEGATIVE: (0.6, 0.4, 0.0, 0.0, 0.0),
    NEUTRAL: (0.0, 0.0, 1.0, 0.0, 0.0),
    POSITIVE: (0.0, 0.0, 0.0, 0.4, 0.6),
}


@dataclass(frozen=True)
class Teachers:
    """What those who teach say: the probability of each grade."""

    answers: np.ndarray  # of the training texts of the corpus, float32[n, 5]
    of_texts: Teacher  # asked about other texts
    of_films: Teacher  # asked about whole film reviews
    share: float = 0.4  # of their answers in the target of a text whose grade is known


@dataclass(frozen=True)
class Amounts:
    """How many texts of each kind there are, at most."""

    excerpts: int = 40_000
    sentences: int = 8_000  # of each kind
    turned: int = 12_000
    unlabelled: int = 0
    written: int = 2  # how often each written text comes in an epoch, as it is and then as people type it
    frames: int = 1  # the same of the texts of frames
    embedded: int = 0  # opinions, each among neutral texts; half of them negative


@dataclass(frozen=True)
class Lessons:
    """Texts and the probability of each grade."""

    texts: list[str]
    targets: np.ndarray  # float32[n, 5]
    counts: dict[str, int]  # of texts, by kind


@dataclass(frozen=True)
class ShortTexts:
    """Texts with a label each, made for the everyday model."""

    frames: Sequence[tuple[str, str]]
    written: Sequence[tuple[str, str]]


def make_lessons(corpus: Corpus, short: ShortTexts, teachers: Teachers, amounts: Amounts, seed: int) -> Lessons:
    """Everything to learn from.

    Args:
        corpus: with the texts.
        short: texts with a label each.
        teachers: of the corpus.
        amounts: of texts.
        seed: of the draws.
    """
    train = corpus.train
    known = _own(train, teachers.answers)
    # What is measured on is left out below, too, but would not be known with a letter lost or inside a longer text.
    frames, written = (
        [row for row in rows if key_of(row[0]) not in corpus.measured] for rows in (short.frames, short.written)
    )
    parts: dict[str, tuple[Sequence[str], np.ndarray]] = {
        "texts": (train.texts, teachers.share * teachers.answers + (1 - teachers.share) * known),
        "frames": _with_targets(frames * amounts.frames),
        "written": _with_targets([*written, *_typed(written, amounts.written - 1, seed)]),
        "embedded": _with_targets(_embedded([*written, *frames], amounts.embedded, seed)),
    }
    polar = train.lowest != 2
    opinions = Examples(train.at(polar).texts, (train.lowest[polar] > 2).astype(np.int8))
    for kind, examples in short_texts(opinions, amounts.sentences, seed).items():
        if kind in TRAINING_KINDS:
            parts[kind] = (examples.texts, _of_labels([POSITIVE if label else NEGATIVE for label in examples.labels]))
    stars = train.at(train.has_stars)
    parts["turned"] = turned_texts(stars.texts, stars.lowest, amounts.turned, seed)
    parts["excerpts"] = _excerpts(corpus, known, teachers.of_texts, amounts.excerpts, seed)
    if amounts.unlabelled:
        rows = np.random.default_rng(seed).permutation(len(corpus.unlabelled))[: amounts.unlabelled]
        asked = [corpus.unlabelled[row] for row in rows]
        parts["unlabelled"] = (asked, teachers.of_films(asked))
    kept = {kind: _without(texts, targets, corpus.measured) for kind, (texts, targets) in parts.items()}
    return Lessons(
        [text for texts, _ in kept.values() for text in texts],
        np.concatenate([targets for _, targets in kept.values()]).astype(np.float32),
        {kind: len(texts) for kind, (texts, _) in kept.items()},
    )


def _without(texts: Sequence[str], targets: np.ndarray, measured: Set[str]) -> tuple[list[str], np.ndarray]:
    """The texts that are not measured on: an excerpt or a sentence may be the whole of another text."""
    rows = [row for row, text in enumerate(texts) if key_of(text) not in measured]
    return [texts[row] for row in rows], targets[rows]


def _own(graded: Graded, answers: np.ndarray) -> np.ndarray:
    """float32[n, 5]: the grades that texts may have, weighed by the teachers where there are several."""
    grades = np.arange(STARS)
    allowed = (grades >= graded.lowest[:, None]) & (grades <= graded.highest[:, None])
    weighed = allowed * (answers + _SPREAD)
    return _OWN * weighed / weighed.sum(axis=1, keepdims=True) + (1 - _OWN) * answers


def _excerpts(
    corpus: Corpus, known: np.ndarray, teacher: Teacher, most: int, seed: int
) -> tuple[list[str], np.ndarray]:
    long = np.array([len(text) > _LONG for text in corpus.train.texts])
    whole = [*corpus.train.at(long).texts, *corpus.unlabelled]
    quotes = excerpts(Examples(whole, np.arange(len(whole))), most, seed)
    said = teacher(quotes.texts)
    of_review = np.concatenate([known[long], np.zeros((len(corpus.unlabelled), STARS), np.float32)])[quotes.labels]
    weight = np.where(quotes.labels < long.sum(), _OF_REVIEW, 0.0).astype(np.float32)[:, None]
    return quotes.texts, (1 - weight) * said + weight * of_review


def _typed(labelled: Sequence[tuple[str, str]], times: int, seed: int) -> list[tuple[str, str]]:
    chance = Random(seed)
    return [(as_typed(text, chance), label) for _ in range(times) for text, label in labelled]


def _embedded(labelled: Sequence[tuple[str, str]], most: int, seed: int) -> list[tuple[str, str]]:
    """Opinions, each among one to six neutral texts: most sentences of a longer text say nothing of the verdict.

    All of them are whole sentences. Half are negative, where there are enough of both.
    """
    neutral = [text for text, label in labelled if label == NEUTRAL and text.endswith(".")]
    if not neutral:
        return []
    chance, made = Random(seed), []
    for opinion in (NEGATIVE, POSITIVE):
        texts = [text for text, label in labelled if label == opinion and text.endswith(_ENDS)]
        for text in chance.sample(texts, min(most // 2, len(texts))):
            around = chance.sample(neutral, min(chance.randint(1, _MOST_AROUND), len(neutral)))
            around.insert(chance.randint(0, len(around)), text)
            made.append((" ".join(around), opinion))
    return made


def _with_targets(labelled: Sequence[tuple[str, str]]) -> tuple[list[str], np.ndarray]:
    return [text for text, _ in labelled], _of_labels([label for _, label in labelled])


def _of_labels(labels: Sequence[str]) -> np.ndarray:
    return np.array([_OF_LABELS[label] for label in labels], np.float32).reshape(-1, STARS)
