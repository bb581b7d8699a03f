"""What can be said of a file of reviews before anything is trained on it: its classes, its languages, its words."""

from dataclasses import dataclass
from pathlib import Path

from sentiment.data.dataset import FEWEST
from sentiment.data.files import ReadingOptions
from sentiment.data.files.recognition.survey import FileSurvey, survey
from sentiment.data.labels import NO_LABEL, LabelOptions, interpret_labels, normal_value
from sentiment.errors import ConfigError, ReviewsError, RunError
from sentiment.runs.saved_run import find_run, qualified_name
from sentiment.text.cleaning import clean
from sentiment.text.familiarity import Vocabulary
from sentiment.text.languages import languages_of


@dataclass(frozen=True)
class KnownWords:
    """How far the vocabulary of a run goes with the texts of a file."""

    run: str  # dataset/name
    share: float  # fraction of the words that it has
    judged: float  # fraction of the texts that it gives a verdict on


@dataclass(frozen=True)
class FirstLook:
    """A survey of a file, and what its labels and texts are."""

    file: FileSurvey
    classes: str | None  # what the labels mean, as training says it; None where that is not certain, or without labels
    refusal: str | None  # why that is not certain, or nothing can be trained on it; with advice
    unlabelled: int  # rows without a label
    languages: dict[str, int]  # texts of the sample by language, the most frequent first
    known: KnownWords | None  # by the run that answers where none is named; None where there is none


def first_look(location: str, reading: ReadingOptions, labels: LabelOptions, models: Path) -> FirstLook:
    """Looks at the first rows of a file, and at a sample of their texts.

    Args:
        location: a file, an address, or a folder of texts.
        reading: how to read it.
        labels: what a person says of the labels.
        models: the folder of all datasets.

    Raises:
        ReviewsError: it cannot be read at all.
    """
    surveyed = survey(location, reading)
    classes = refusal = None
    unlabelled = 0
    if surveyed.labels:
        rows = [value for value, count in surveyed.labels.items() for _ in range(count)]
        unlabelled = sum(normal_value(row) == NO_LABEL for row in rows)
        try:
            meaning = interpret_labels([normal_value(row) for row in rows], rows, labels, Path(surveyed.name))
        except ReviewsError as error:
            refusal = str(error)
        else:
            counts = [0] * len(meaning.scheme.classes)
            for value, index in meaning.scheme.index_of.items():
                counts[index] += meaning.counts[value]
            classes = meaning.told(counts).removeprefix("labels: ")
            if sum(count > 0 for count in counts) < 2:
                refusal = "all labelled rows are of one class, so nothing can be learnt from them"
            elif surveyed.whole and sum(counts) < FEWEST:
                refusal = (
                    f"training needs at least {FEWEST} labelled rows; this file has {sum(counts)}: add more, or "
                    "predict with a run that is there"
                )
    texts = [clean(text) for text in surveyed.sample]
    languages = dict(sorted(languages_of(texts).items(), key=lambda item: -item[1])) if texts else {}
    return FirstLook(surveyed, classes, refusal, unlabelled, languages, _known(texts, models))


def _known(texts: list[str], models: Path) -> KnownWords | None:
    try:
        run = find_run(models)
    except (RunError, ConfigError):  # there is no default run: nothing to say
        return None
    tokenizer = run.tokenizer()
    vocabulary = Vocabulary(tokenizer)
    counted = [
        vocabulary.familiarity(text, token_ids)
        for text, token_ids in zip(texts, tokenizer.token_ids(texts, whole=True), strict=True)
    ]
    words = sum(each.words for each in counted)
    if not words:
        return None
    unknown = sum(each.unknown for each in counted)
    judged = sum(each.reason is None for each in counted) / len(counted)
    return KnownWords(qualified_name(run.folder), 1 - unknown / words, judged)
