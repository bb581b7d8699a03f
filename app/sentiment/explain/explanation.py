"""What an explanation holds; frozen, with JSON both ways.

{"run": "custom-lstm-standard-seed1", "text": "Not bad.", "label": "positive", "probability": 0.87,
 "truncated": false, "method": "occlusion", "completeness_error": null,
 "tokens": [{"text": "Not", "start": 0, "end": 3, "known": true, "contribution": 1.2, "probability_after": 0.41}, ...],
 "gates": [{"direction": "forward", "input_gate": [[...], ...], ..., "unit_contribution": [...]}],
 "gates_note": "", "unknown_share": 0.0, "reason": null}
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from sentiment.errors import UserError

_DIGITS = 6  # after the point, of the gates in JSON


@dataclass(frozen=True)
class Token:
    """One token and its part in the verdict."""

    text: str  # as it stands in the review
    start: int  # its characters in `Explanation.text`, counted as Python counts them (code points)
    end: int  # exclusive
    known: bool  # whether the vocabulary has it; all words that it does not have look the same to the net
    contribution: float  # in logits; above zero for "positive", below for "negative"
    probability_after: float  # of "positive", had the review ended with this token


@dataclass(frozen=True, eq=False)
class Gates:
    """What one direction of an LSTM did at every token, float32[time, units] each; see `sentiment.layers.reference`."""

    direction: str  # "forward", or "backward": at a token, that one has read it and all that follow
    input_gate: np.ndarray
    forget_gate: np.ndarray
    candidate: np.ndarray
    output_gate: np.ndarray
    cell: np.ndarray
    hidden: np.ndarray
    unit_contribution: np.ndarray  # float32[units]: logits that each unit adds; over all directions, with the
    # head's bias, they add up to the logit

    def arrays(self) -> Iterator[tuple[str, np.ndarray]]:
        """Each array with its name."""
        return ((name, values) for name, values in vars(self).items() if isinstance(values, np.ndarray))


class Ranked(NamedTuple):
    """A token and where it stands in the review."""

    position: int  # of the token in the review, from 0
    token: Token


@dataclass(frozen=True, eq=False)
class Explanation:
    """A verdict and how it came about."""

    run: str
    text: str  # the review as the net reads it: cleaned and ended, with what was left out of the middle still in it
    label: str  # "positive", "negative", or "uncertain" where the vocabulary knows too little of the text
    probability: float  # of "positive"
    truncated: bool  # whether the review was too long and tokens were left out of its middle
    method: str  # a name in `sentiment.explain.METHODS`
    completeness_error: float | None  # in logits: what the contributions miss; None where the method promises no sum
    tokens: tuple[Token, ...]
    gates: tuple[Gates, ...]  # one for each direction; none where the net has none, or they were not asked for
    gates_note: str  # why there are none; empty where there are
    unknown_share: float = 0.0  # share of the words that the vocabulary does not have, from 0 to 1
    reason: str | None = None  # why the label is "uncertain", see `sentiment.text.familiarity`

    @property
    def sign(self) -> int:
        """1 where the network leans to "positive", -1 where it leans to "negative", also if the label is neither."""
        return 1 if self.probability >= 0.5 else -1

    def ranked(self) -> list[Ranked]:
        """The tokens, those first that speak most for the verdict; those that speak against it come last."""
        numbered = [Ranked(position, token) for position, token in enumerate(self.tokens)]
        return sorted(numbered, key=lambda ranked: -self.sign * ranked.token.contribution)

    def to_json(self, indent: int | None = None) -> str:
        """Standard JSON; figures of the gates to six digits after the point."""
        values = {**vars(self), "tokens": [vars(token) for token in self.tokens]}
        values["gates"] = [
            {"direction": gates.direction, **{name: _listed(array) for name, array in gates.arrays()}}
            for gates in self.gates
        ]
        return json.dumps(values, indent=indent, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "Explanation":
        """The explanation that `to_json` wrote.

        Raises:
            UserError: the text is not such JSON.
        """
        try:
            values: dict[str, Any] = json.loads(text)
            tokens = tuple(Token(**token) for token in values.pop("tokens"))
            gates = tuple(
                Gates(one.pop("direction"), **{name: np.array(array, np.float32) for name, array in one.items()})
                for one in values.pop("gates")
            )
            return cls(**values, tokens=tokens, gates=gates)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise UserError(
                f"expected the JSON of an explanation; found: {error}; write it with explain --json"
            ) from None


def _listed(array: np.ndarray) -> list[Any]:
    return array.astype(np.float64).round(_DIGITS).tolist()
