"""A text sentence by sentence: what each says, and what it adds to the verdict on the whole.

    The view is beautiful,       positive, 95%    +2.1
    but the room was dirty.      negative, 97%    -3.4

A clause behind ", but" or a semicolon counts as a sentence, because it often turns to something else.
"""

import math
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice, pairwise
from typing import Any, NamedTuple

from sentiment.config import Classes
from sentiment.data.files.rows import TextRow
from sentiment.inference.prediction import UNCERTAIN, Prediction
from sentiment.inference.prediction_files import PredictedRow
from sentiment.inference.predictor import Predictor
from sentiment.metrics.verdicts import THRESHOLD

ROW, WHOLE, NUMBER, PART = "row", "whole", "sentence", "part"
# The columns of a row of a sentence, with their types: the row of its text, both counted from 1, the label of the
# whole text, the number of the sentence in it, and its part, see `SentencePrediction`.
COLUMNS = {ROW: int, WHOLE: str, NUMBER: int, PART: float}
_LONGEST = 24  # cells of a label in a table
_WIDTH = 8  # of those with figures in a table
_LANGUAGE = "en"  # of the abbreviations
# Many people begin a sentence with a small letter. Behind "p.m." and "..." the same one goes on.
_INFORMAL = re.compile(r"((?:[!?]|(?<=[a-z0-9]{2})\.)[\"')\]]*\s+)([a-z])")
_TURN = re.compile(r"(?<=[,;])\s+(?=but\b)|(?<=;)\s+|\n+", re.IGNORECASE)
_CERTAIN = 1e-6  # distance of a probability from 0 and 1, at least, in log-odds

Stream = Callable[[Iterable[str]], Iterable[tuple[str, Prediction]]]


class Span(NamedTuple):
    """A sentence in a text, from its first character to behind its last one."""

    start: int
    end: int


@dataclass(frozen=True)
class SentencePrediction:
    """A sentence and its verdict."""

    text: str
    start: int  # in the whole text, in code points
    end: int
    prediction: Prediction
    # In log-odds: how much more probable the label of the whole is with this sentence than without it. None: the whole
    # has no other sentence, or no verdict.
    part: float | None


@dataclass(frozen=True)
class TextBySentence:
    """The verdict on a text and those on its sentences, in their order."""

    text: str
    whole: Prediction
    sentences: tuple[SentencePrediction, ...]


def spans(text: str) -> list[Span]:
    """Where the sentences of a text are, without the white space around them; empty if there is none.

    The boundaries are those of sentencex, which knows abbreviations, "..." and numbers.
    """
    import sentencex

    capitals = _INFORMAL.sub(lambda match: match[1] + match[2].upper(), text)  # of the same length
    starts = [boundary["start_index"] for boundary in sentencex.get_sentence_boundaries(_LANGUAGE, capitals)]
    cuts = sorted({*starts, *(match.end() for match in _TURN.finditer(text)), 0, len(text)})
    cut = (_stripped(text, start, end) for start, end in pairwise(cuts))
    return [span for span in cut if any(map(str.isalnum, text[span.start : span.end]))] or [
        span for span in [_stripped(text, 0, len(text))] if span.start < span.end
    ]


def predict_sentences(
    predictor: Predictor, text: str, threshold: float = THRESHOLD, uncertain: float = 0.0
) -> TextBySentence:
    """The verdict of a predictor on a text and on each of its sentences.

    Args:
        predictor: of any run.
        text: of any number of sentences.
        threshold: as of `Predictor.predict`.
        uncertain: as of `Predictor.predict`.

    Raises:
        TypeError: `text` is no string.
        ConfigError: as of `Predictor.predict`.
    """
    if not isinstance(text, str):
        raise TypeError(f"expected one text, a string; received a {type(text).__name__}")
    [result] = by_sentence([text], partial(predictor.stream, threshold=threshold, uncertain=uncertain))
    return result


def by_sentence(texts: Iterable[str], stream: Stream) -> Iterator[TextBySentence]:
    """The texts in order, in constant memory.

    Args:
        texts: any number.
        stream: predicts texts in order, such as `Predictor.stream`; it is called once, for the pieces of all texts.
    """
    waiting: deque[tuple[str, list[Span]]] = deque()

    def all_pieces() -> Iterator[str]:
        for text in texts:
            waiting.append((text, spans(text)))
            yield from pieces(*waiting[-1])

    predictions = (prediction for _, prediction in stream(all_pieces()))
    for first in predictions:
        text, sentences = waiting.popleft()
        yield assembled(text, sentences, [first, *islice(predictions, len(pieces(text, sentences)) - 1)])


def pieces(text: str, sentences: Sequence[Span]) -> list[str]:
    """What has to be judged of a text: the whole, each sentence, and where there are several the rest without each."""
    alone = [text[span.start : span.end] for span in sentences]
    rests = [f"{text[: span.start]} {text[span.end :]}" for span in sentences] if len(sentences) > 1 else []
    return [text, *alone, *rests]


def assembled(text: str, sentences: Sequence[Span], predictions: Sequence[Prediction]) -> TextBySentence:
    """The result for a text from the predictions for its `pieces`."""
    whole, count = predictions[0], len(sentences)
    verdicts, rests = predictions[1 : count + 1], predictions[count + 1 :]
    parts: Sequence[float | None] = [None] * count
    if rests and whole.reason is None:
        parts = [_log_odds(whole, whole.label) - _log_odds(rest, whole.label) for rest in rests]
    return TextBySentence(
        text,
        whole,
        tuple(
            SentencePrediction(text[span.start : span.end], *span, prediction, part)
            for span, prediction, part in zip(sentences, verdicts, parts, strict=True)
        ),
    )


def widths_in_a_table(classes: Classes) -> dict[str, int]:
    """Of `COLUMNS`, which are known before the first row."""
    longest = max(map(len, (UNCERTAIN, *classes.names)))
    return {**dict.fromkeys(COLUMNS, _WIDTH), WHOLE: min(longest, _LONGEST)}


def sentence_rows(rows: Iterable[TextRow], stream: Stream) -> Iterator[PredictedRow]:
    """A row of the output for each sentence, with the columns `COLUMNS`; a text without one has a row, too."""
    waiting: deque[Mapping[str, Any]] = deque()

    def texts() -> Iterator[str]:
        for row in rows:
            waiting.append(row.others)
            yield row.text

    for row, result in enumerate(by_sentence(texts(), stream), start=1):
        others = {**waiting.popleft(), ROW: row, WHOLE: result.whole.label}
        if not result.sentences:
            yield PredictedRow({**others, NUMBER: None, PART: None}, result.text, result.whole)
        for number, each in enumerate(result.sentences, start=1):
            part = None if each.part is None else round(each.part, 4)
            yield PredictedRow({**others, NUMBER: number, PART: part}, each.text, each.prediction)


def _log_odds(prediction: Prediction, label: str | None) -> float:
    probability = min(max(prediction.probabilities.get(label or "", 0.5), _CERTAIN), 1 - _CERTAIN)
    return math.log(probability / (1 - probability))


def _stripped(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return Span(start, max(start, start + len(piece.strip())))
