"""From a text to its explanation.

text -> cleaned -> token ids int32[time]
    -> contributions             sentiment.explain.attribution      of words and phrases, from variants of the review
    -> probabilities as read     the probability of the class had the review ended after each token
    -> gates                     sentiment.explain.network          the LSTM once more, in NumPy
"""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

import numpy as np

from sentiment.config import Classes
from sentiment.errors import ConfigError, UserError
from sentiment.explain.attribution import DEFAULT_METHOD, Attribution, attribute, require_method
from sentiment.explain.explanation import Explanation, Gates, Phrase, Token
from sentiment.explain.network import LSTMWeights, OpenedNetwork, Steps
from sentiment.explain.occlusion import planned
from sentiment.explain.rereading import Reading
from sentiment.explain.scores import mean_grade, probabilities, score, score_gradient
from sentiment.inference.prediction import UNCERTAIN
from sentiment.inference.predictor import Predictor
from sentiment.layers.reference import sigmoid
from sentiment.metrics.verdicts import as_saved, predicted_classes
from sentiment.runs.saved_run import SavedRun, qualified_name
from sentiment.support.environment import cores
from sentiment.text.cleaning import clean
from sentiment.text.familiarity import Vocabulary
from sentiment.text.tokenizer import UNKNOWN_ID

_CACHED = 16  # attributions of the last texts
_WITHIN_PHRASES = ("-", "'", "\u2019", '"')
_CLOSING = 32  # characters before a token that show whether a sentence is closed: `."`


class Explainer:
    """Explains the verdicts of a saved run; safe to use from many threads.

    It explains `model.onnx`, which the engines "onnx" and "keras" compute; the verdicts of "int8" differ a little.

    Args:
        run: a verified run.
        threads: of ONNX Runtime; None: one per core.

    Raises:
        RunError: the run has no `model.onnx`, or one that this project did not write for its classes.
    """

    def __init__(self, run: SavedRun, threads: int | None = None) -> None:
        self.run = run
        self._network = OpenedNetwork.from_run(run, threads)
        self._network.recurrent  # noqa: B018  a RunError here, and not at the first text
        self._threads = threads or cores()
        self._tokenizer = run.tokenizer()
        self._vocabulary = Vocabulary(self._tokenizer)
        # The web page requests the words first, and the gates of the same text when somebody opens them.
        self._lock = Lock()
        self._attributions: OrderedDict[tuple[str, bytes, bytes, int], Attribution] = OrderedDict()

    @property
    def classes(self) -> Classes:
        """What the run tells apart."""
        return self.run.config.classes

    def explain(
        self,
        text: str,
        method: str = DEFAULT_METHOD,
        *,
        gates: bool = False,
        target: str | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> Explanation:
        """Explains the verdict on one text.

        Args:
            text: a review as people write it; it is cleaned as the training reviews were.
            method: a name in `sentiment.explain.METHODS`.
            gates: whether to include every unit at every token, if the network has one LSTM layer.
            target: the name of the class that contributions above zero speak for. None: the second of two classes;
                of more, the most probable one.
            progress: is told the share of the work that is done, from 0 to 1; from several threads.

        Raises:
            UserError: there is nothing to read in the text.
            ConfigError: there is no such method or no such class, or the method cannot explain this network.
            TypeError: `text` or `target` is no string.
        """
        if not isinstance(text, str):
            raise TypeError(f"expected one text, a string; received a {type(text).__name__}")
        require_method(method)
        self._require_class(target)
        cleaned = clean(text)
        if not cleaned:
            raise UserError("expected a text; found an empty one; give at least one word")
        ended = self._tokenizer.ended(cleaned)
        [review] = self._tokenizer.encode([ended])
        token_ids = review.token_ids
        [logits] = self._network.logits([token_ids])
        by_class = probabilities(logits, self.classes)
        verdict = int(predicted_classes(as_saved(by_class[None]))[0])
        chosen = self.classes.names.index(target) if target is not None else 1 if self.classes.is_binary else verdict
        offsets = review.offsets.tolist()
        segments = self._segments(ended, offsets)
        reading = Reading(self._network.recurrent, token_ids, self._threads)
        reading.done = _shares(progress, planned(reading))
        attribution = self._attribute(method, reading, token_ids, segments, chosen)
        lstm = self._network.lstm
        steps = lstm.read(lstm.embeddings[token_ids]) if lstm and gates else {}
        [whole] = self._tokenizer.token_ids([cleaned], whole=True)
        familiarity = self._vocabulary.familiarity(cleaned, whole)
        after = sigmoid(score(self._logits_as_read(reading, ended, offsets), self.classes, chosen))
        return Explanation(
            run=qualified_name(self.run.folder),
            text=ended,
            label=UNCERTAIN if familiarity.reason else self.classes.names[verdict],
            probability=float(by_class[1 if self.classes.is_binary else chosen]),
            truncated=review.truncated,
            unknown_share=familiarity.unknown_share,
            reason=familiarity.reason,
            method=method,
            completeness_error=attribution.completeness_error,
            tokens=tuple(
                Token(ended[start:end], start, end, bool(i != UNKNOWN_ID), float(contribution), float(probability))
                for (start, end), i, contribution, probability in zip(
                    offsets, token_ids, attribution.contributions, after, strict=True
                )
            ),
            gates=_gates(lstm, steps, score_gradient(logits, self.classes, chosen)) if lstm and gates else (),
            gates_note=self._why_no_gates() or ("" if gates else "Not asked for."),
            classes=self.classes.names,
            ordered=self.classes.ordered,
            target=self.classes.names[chosen],
            probabilities=dict(zip(self.classes.names, by_class.tolist(), strict=True)),
            phrases=tuple(
                Phrase(ended[start:end], start, end, contribution)
                for (first, last), contribution in attribution.phrases
                for start, end in [(offsets[first][0], offsets[last - 1][1])]
            ),
            shared=attribution.shared,
            stars=None if (grade := mean_grade(logits, self.classes)) is None else float(grade),
            sure=not familiarity.reason and bool(by_class[verdict] >= self.run.record.sure_from),
        )

    def _require_class(self, name: str | None) -> None:
        if not (name is None or isinstance(name, str)):
            raise TypeError(
                f"expected target as a string; received a {type(name).__name__}; "
                f"for example: target={self.classes.names[-1]!r}"
            )
        if name is not None and name not in self.classes.names:
            raise ConfigError(f"expected a class of this run, one of {', '.join(self.classes.names)}; found {name!r}")

    def _attribute(
        self, method: str, reading: Reading, token_ids: np.ndarray, segments: np.ndarray, target: int
    ) -> Attribution:
        """As `attribute`, which is not called again for one of the last texts."""
        key = method, token_ids.tobytes(), segments.tobytes(), target
        with self._lock:
            known = self._attributions.get(key)
        if known is None:
            known = attribute(method, self._network, reading, token_ids, segments, target)
            with self._lock:
                self._attributions[key] = known
                while len(self._attributions) > _CACHED:
                    self._attributions.popitem(last=False)
        return known

    def _segments(self, text: str, offsets: list[list[int]]) -> np.ndarray:
        """int32[time], equal for neighbours that may make a phrase: no mark and no omission is between them."""
        segments = np.zeros(len(offsets), np.int32)
        segment, end, after_mark = 0, 0, False
        for i, (start, token_end) in enumerate(offsets):
            word = text[start:token_end]
            mark = self._tokenizer.is_mark(word) and word not in _WITHIN_PHRASES
            if mark or after_mark or text[end:start].strip():
                segment += 1
            segments[i] = segment
            end, after_mark = token_end, mark
        return segments

    def _logits_as_read(self, reading: Reading, text: str, offsets: list[list[int]]) -> np.ndarray:
        """The logits had the review ended at each token, with a full stop where none stands, float64[time, outputs].

        Without it a network trained on reviews waits for the rest of the sentence, and the verdict seems to come from
        the last full stop.
        """
        beginnings = [text[max(start - _CLOSING, 0) : end] for start, end in offsets]
        complete = np.array([self._tokenizer.ended(beginning) == beginning for beginning in beginnings])
        stop = self._tokenizer.ended("a")[1:]
        return reading.logits_as_read(complete, int(self._tokenizer.token_ids([stop])[0][0]) if stop else None)

    def _why_no_gates(self) -> str:
        if self._network.kind == "GRU":
            return (
                "This network reads with a GRU. It has an update and a reset gate and no cell; input, forget and "
                "output gates are those of an LSTM, so there is no such view of it."
            )
        if self._network.lstm is None:
            return "Gates are shown of networks with one LSTM layer; this network is another."
        return ""


def explain(
    predictor: Predictor, text: str, method: str = DEFAULT_METHOD, *, gates: bool = False, target: str | None = None
) -> Explanation:
    """Explains one text with the run of a predictor; for many texts an `Explainer` opens the network only once.

    The other arguments and the errors are those of `Explainer` and its `explain`.
    """
    return Explainer(predictor.run).explain(text, method, gates=gates, target=target)


def _shares(progress: Callable[[float], None] | None, work: int) -> Callable[[int], None]:
    """Adds up the multiplications that are done and tells their share."""
    done, lock = 0, Lock()

    def add(multiplications: int) -> None:
        nonlocal done
        if progress:
            with lock:
                done += multiplications
                progress(min(done / work, 1.0))

    return add


def _gates(lstm: LSTMWeights, steps: Steps, d_logits: np.ndarray) -> tuple[Gates, ...]:
    """The gates of each direction; `d_logits` is the gradient of the explained score, float64[outputs]."""
    # [directions, units], summed over the pooling modes
    by_unit = (lstm.pool(steps) * lstm.score_kernel(d_logits)).sum(axis=0)
    return tuple(
        Gates(direction=name, unit_contribution=contribution, **step._asdict())
        for (name, step), contribution in zip(steps.items(), by_unit, strict=True)
    )
