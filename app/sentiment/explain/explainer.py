"""From a text to its explanation.

text -> cleaned -> token ids int32[time]
    -> contributions             sentiment.explain.attribution      up to 250 variants through ONNX Runtime
    -> probabilities as read     the probability of the class after the first token, the first two, ...
    -> gates                     sentiment.explain.network          the LSTM once more, in NumPy
"""

from functools import lru_cache

import numpy as np

from sentiment.config import Classes
from sentiment.errors import ConfigError, UserError
from sentiment.explain.attribution import DEFAULT_METHOD, attribute
from sentiment.explain.explanation import Explanation, Gates, Token
from sentiment.explain.network import FORWARD, LSTMWeights, OpenedNetwork, Steps
from sentiment.explain.scores import mean_grade, probabilities, score, score_gradient
from sentiment.inference.predictor import UNCERTAIN, Predictor
from sentiment.layers.reference import sigmoid
from sentiment.metrics.verdicts import as_saved, predicted_classes
from sentiment.runs.saved_run import SavedRun, qualified_name
from sentiment.text.cleaning import clean
from sentiment.text.familiarity import Vocabulary
from sentiment.text.tokenizer import UNKNOWN_ID

_CACHED = 16  # attributions of the last texts


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
        self._tokenizer = run.tokenizer()
        self._vocabulary = Vocabulary(self._tokenizer)
        # The web page requests the words first, and the gates of the same text when somebody opens them.
        network = self._network
        self._attribute = lru_cache(_CACHED)(
            lambda method, token_ids, target: attribute(method, network, np.frombuffer(token_ids, np.int32), target)
        )

    @property
    def classes(self) -> Classes:
        """What the run tells apart."""
        return self.run.config.classes

    def explain(
        self, text: str, method: str = DEFAULT_METHOD, *, gates: bool = False, target: str | None = None
    ) -> Explanation:
        """Explains the verdict on one text.

        Args:
            text: a review as people write it; it is cleaned as the training reviews were.
            method: a name in `sentiment.explain.METHODS`.
            gates: whether to include every unit at every token, if the network has one LSTM layer.
            target: the name of the class that contributions above zero speak for. None: the second of two classes;
                of more, the most probable one.

        Raises:
            UserError: there is nothing to read in the text.
            ConfigError: there is no such method or no such class, or the method cannot explain this network.
            TypeError: `text` or `target` is no string.
        """
        if not isinstance(text, str):
            raise TypeError(f"expected one text, a string; received a {type(text).__name__}")
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
        attribution = self._attribute(method, token_ids.astype(np.int32).tobytes(), chosen)
        lstm = self._network.lstm
        steps = lstm.read(lstm.embeddings[token_ids]) if lstm else {}
        [whole] = self._tokenizer.token_ids([cleaned], whole=True)
        familiarity = self._vocabulary.familiarity(cleaned, whole)
        after = sigmoid(score(self._logits_as_read(token_ids, lstm, steps), self.classes, chosen))
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
                    review.offsets.tolist(), token_ids, attribution.contributions, after, strict=True
                )
            ),
            gates=_gates(lstm, steps, score_gradient(logits, self.classes, chosen)) if lstm and gates else (),
            gates_note=self._why_no_gates() or ("" if gates else "Not asked for."),
            classes=self.classes.names,
            ordered=self.classes.ordered,
            target=self.classes.names[chosen],
            probabilities=dict(zip(self.classes.names, by_class.tolist(), strict=True)),
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

    def _logits_as_read(self, token_ids: np.ndarray, lstm: LSTMWeights | None, steps: Steps) -> np.ndarray:
        """The logits after each token, float64[time, outputs]."""
        if lstm and list(steps) == [FORWARD]:
            return lstm.logits_of_prefixes(steps[FORWARD].hidden)
        # A backward direction starts at another token in every prefix, so each prefix is computed from scratch.
        return self._network.logits([token_ids[:end] for end in range(1, len(token_ids) + 1)])

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


def _gates(lstm: LSTMWeights, steps: Steps, d_logits: np.ndarray) -> tuple[Gates, ...]:
    """The gates of each direction; `d_logits` is the gradient of the explained score, float64[outputs]."""
    # [directions, units], summed over the pooling modes
    by_unit = (lstm.pool(steps) * lstm.score_kernel(d_logits)).sum(axis=0)
    return tuple(
        Gates(direction=name, unit_contribution=contribution, **step._asdict())
        for (name, step), contribution in zip(steps.items(), by_unit, strict=True)
    )
