"""From a text to its explanation.

text -> cleaned -> token ids int32[time]
    -> contributions          sentiment.explain.attribution      a batch of `time` reviews through ONNX Runtime
    -> the verdict as read    the probability after the first token, the first two, ...
    -> gates                  sentiment.explain.network          the LSTM once more, in NumPy
"""

from functools import lru_cache

import numpy as np

from sentiment.errors import UserError
from sentiment.explain.attribution import DEFAULT_METHOD, attribute
from sentiment.explain.explanation import Explanation, Gates, Token
from sentiment.explain.network import FORWARD, LSTMWeights, OpenedNetwork, logits_of_prefixes, pooled, read
from sentiment.inference.predictor import NEGATIVE, POSITIVE, UNCERTAIN, Predictor
from sentiment.layers.reference import Step, sigmoid
from sentiment.runs.saved_run import SavedRun
from sentiment.text.cleaning import clean
from sentiment.text.familiarity import Vocabulary
from sentiment.text.tokenizer import UNKNOWN_ID

Steps = dict[str, Step[np.ndarray]]
_KEPT = 16  # attributions of the last texts


class Explainer:
    """A saved run that says why; loaded once, it may be used from many threads.

    It explains `model.onnx`. That is what the engines "onnx" and "keras" compute; the verdicts of "int8" differ from
    it a little.

    Args:
        run: a verified run.
        threads: of ONNX Runtime; None: one for each core.

    Raises:
        RunError: the run has no `model.onnx`, or one that is none of ours.
    """

    def __init__(self, run: SavedRun, threads: int | None = None) -> None:
        self.run = run
        self._network = OpenedNetwork.of(run, threads)
        self._tokenizer = run.tokenizer()
        self._vocabulary = Vocabulary(self._tokenizer)
        # The page asks for the words first, and for the gates of the same text when somebody opens them.
        network = self._network
        self._attribute = lru_cache(_KEPT)(
            lambda method, token_ids: attribute(method, network, np.frombuffer(token_ids, np.int32))
        )

    def explain(self, text: str, method: str = DEFAULT_METHOD, *, gates: bool = False) -> Explanation:
        """Why the net says of a text what it says.

        Args:
            text: a review as people write it; it is cleaned as the training reviews were.
            method: how contributions are computed, a name in `sentiment.explain.METHODS`.
            gates: whether to show what every unit did at every token, where the net is an LSTM.

        Raises:
            UserError: there is nothing to read in the text.
            ConfigError: there is no such method, or it cannot explain this network.
            TypeError: `text` is no string.
        """
        if not isinstance(text, str):
            raise TypeError(f"expected one text, a string; received a {type(text).__name__}")
        cleaned = clean(text)
        if not cleaned:
            raise UserError("expected a text; found an empty one; give at least one word")
        ended = self._tokenizer.ended(cleaned)
        [review] = self._tokenizer.encode([ended])
        token_ids = review.token_ids
        attribution = self._attribute(method, token_ids.astype(np.int32).tobytes())
        lstm = self._network.lstm
        steps = read(lstm, lstm.embeddings[token_ids]) if lstm else {}
        [logit] = self._network.logits([token_ids])
        [whole] = self._tokenizer.token_ids([cleaned], whole=True)
        familiarity = self._vocabulary.familiarity(cleaned, whole)
        after = sigmoid(self._as_read(token_ids, lstm, steps))
        return Explanation(
            run=self.run.name,
            text=ended,
            label=UNCERTAIN if familiarity.reason else POSITIVE if logit >= 0 else NEGATIVE,
            probability=float(sigmoid(logit)),
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
            gates=_gates(lstm, steps) if lstm and gates else (),
            gates_note=self._why_no_gates(asked=gates),
        )

    def _as_read(self, token_ids: np.ndarray, lstm: LSTMWeights | None, steps: Steps) -> np.ndarray:
        """The logit after each token, float64[time]."""
        if lstm and list(steps) == [FORWARD]:
            return logits_of_prefixes(lstm, steps[FORWARD].hidden)
        # Who reads backwards, too, starts at another end with every token more: nothing can be used twice.
        return self._network.logits([token_ids[:end] for end in range(1, len(token_ids) + 1)])

    def _why_no_gates(self, *, asked: bool) -> str:
        if self._network.kind == "GRU":
            return (
                "This network reads with a GRU. It has an update and a reset gate and no cell; input, forget and "
                "output gates are those of an LSTM, so there is no such view of it."
            )
        if self._network.lstm is None:
            return "Gates are shown of networks with one LSTM layer; this network is another."
        return "" if asked else "Not asked for."


def explain(predictor: Predictor, text: str, method: str = DEFAULT_METHOD, *, gates: bool = False) -> Explanation:
    """Explains one text; who explains many keeps an `Explainer` instead, which opens the network once.

    Args:
        predictor: whose run is explained.
        text: as in `Explainer.explain`.
        method: as in `Explainer.explain`.
        gates: as in `Explainer.explain`.

    Raises:
        UserError, ConfigError, RunError: as `Explainer` and its `explain` do.
    """
    return Explainer(predictor.run).explain(text, method, gates=gates)


def _gates(lstm: LSTMWeights, steps: Steps) -> tuple[Gates, ...]:
    by_unit = (pooled(lstm, steps) * lstm.kernel).sum(axis=0)  # [directions, units]: the modes of a unit together
    return tuple(
        Gates(direction=name, unit_contribution=contribution, **step._asdict())
        for (name, step), contribution in zip(steps.items(), by_unit, strict=True)
    )
