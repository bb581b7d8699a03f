"""The data of an explanation, frozen, with JSON both ways.

{"run": "custom-lstm-standard-seed1", "text": "Not bad.", "label": "positive", "confidence": 0.87, "probability": 0.87,
 "classes": ["negative", "positive"], "ordered": false, "target": "positive",
 "probabilities": {"negative": 0.13, "positive": 0.87},
 "truncated": false, "method": "occlusion", "completeness_error": null,
 "tokens": [{"text": "Not", "start": 0, "end": 3, "known": true, "contribution": 1.2, "probability_after": 0.41}, ...],
 "phrases": [{"text": "Not bad", "start": 0, "end": 7, "contribution": 1.9}, ...], "shared": 0,
 "gates": [{"direction": "forward", "input_gate": [[...], ...], ..., "unit_contribution": [...]}],
 "gates_note": "", "unknown_share": 0.0, "reason": null}
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from sentiment.config import NEGATIVE, POSITIVE
from sentiment.errors import UserError
from sentiment.metrics.verdicts import THRESHOLD, in_percent
from sentiment.text.familiarity import SENTENCES

OMISSION = "[…]"  # stands for what was left out of the middle of a long review
_DIGITS = 6  # decimals of the gates in JSON


@dataclass(frozen=True)
class Token:
    """One token and its part in the verdict."""

    text: str  # as in the review
    start: int  # its first character in `Explanation.text`, counted in code points
    end: int  # exclusive
    known: bool  # whether the vocabulary has it; the network cannot tell unknown words apart
    contribution: float  # in logits; above zero for the target class, below against it
    probability_after: float  # of the target class, had the review ended here, with a full stop where none stands


@dataclass(frozen=True)
class Phrase:
    """Neighbouring tokens that act together, or a single one, and what they add."""

    text: str  # as in the review
    start: int  # as of a token
    end: int
    contribution: float  # in logits; not the sum of those of the tokens, which share what they do together


@dataclass(frozen=True, eq=False)
class Gates:
    """What one direction of an LSTM did at every token, float32[time, units] each; see `sentiment.layers.reference`."""

    direction: str  # "forward", or "backward": it has read the token and all that follow
    input_gate: np.ndarray
    forget_gate: np.ndarray
    candidate: np.ndarray
    output_gate: np.ndarray
    cell: np.ndarray
    hidden: np.ndarray
    # float32[units], in logits: the weights by which the unit moves the score of the target class, times its features.
    # With two classes, all of them and the bias of the head add up to the logit. With more, the weights are gradients.
    unit_contribution: np.ndarray

    def arrays(self) -> Iterator[tuple[str, np.ndarray]]:
        """Each array with its name."""
        return ((name, values) for name, values in vars(self).items() if isinstance(values, np.ndarray))


class Ranked(NamedTuple):
    """A token and its position in the review, from 0."""

    position: int
    token: Token


@dataclass(frozen=True, eq=False)
class Explanation:
    """A verdict and its reasons, as reasons for and against one class, the target."""

    run: str
    text: str  # the review, cleaned and ended; complete, even if the network read only its ends
    label: str  # the name of a class, or "uncertain" if the vocabulary knows too little of the text
    probability: float  # of the second of two classes; with more classes, of the target
    truncated: bool  # whether the review was too long, and tokens were left out of its middle
    method: str  # a name in `sentiment.explain.METHODS`
    completeness_error: float | None  # in logits, what the contributions miss; None if the method promises no sum
    tokens: tuple[Token, ...]
    gates: tuple[Gates, ...]  # one per direction; empty if the network has none, or they were not requested
    gates_note: str  # why there are no gates; empty if there are
    unknown_share: float = 0.0  # share of the words that the vocabulary does not have, from 0 to 1
    reason: str | None = None  # why the label is "uncertain", see `sentiment.text.familiarity`
    classes: tuple[str, ...] = (NEGATIVE, POSITIVE)  # names
    ordered: bool = False  # whether the classes are grades, from the lowest to the highest
    target: str = POSITIVE  # the class that contributions above zero speak for
    probabilities: dict[str, float] = field(default_factory=dict)  # by class; empty: of two classes, in older JSON
    stars: float | None = None  # the mean grade, of a run that tells finer grades apart than its classes
    sure: bool = True  # as that of `sentiment.inference.Prediction`
    phrases: tuple[Phrase, ...] = ()  # the whole review in parts; empty in older JSON
    shared: int = 0  # number of tokens that were replaced together with others, to save time, and share the change

    @property
    def is_binary(self) -> bool:
        """Whether there are two classes, so that what speaks against one speaks for the other."""
        return len(self.classes) == 2

    @property
    def leaning(self) -> str:
        """The most probable class, also where the label is "uncertain"."""
        if self.is_binary:
            return self.classes[self.probability >= THRESHOLD]
        return max(self.probabilities, key=self.probabilities.__getitem__)

    @property
    def confidence(self) -> float:
        """The probability of `leaning`."""
        return max(self.probability, 1 - self.probability) if self.is_binary else self.probabilities[self.leaning]

    @property
    def target_probability(self) -> float:
        """The probability of the target."""
        return 1 - self.probability if self.is_binary and self.target == self.classes[0] else self.probability

    @property
    def below_zero(self) -> str:
        """What contributions below zero say, such as "for negative" or "against 4"."""
        others = [name for name in self.classes if name != self.target]
        return f"for {others[0]}" if self.is_binary else f"against {self.target}"

    @property
    def sign(self) -> int:
        """1 if the views say what supports the target, -1 if what supports the other of two classes, the verdict."""
        return -1 if self.is_binary and self.leaning != self.target else 1

    @property
    def expected_grade(self) -> float | None:
        """The mean of the grades by their probabilities; None for other classes and for grades that are no numbers."""
        if not self.ordered or self.is_binary:
            return None
        try:
            return sum(float(grade) * probability for grade, probability in self.probabilities.items())
        except ValueError:
            return None

    @cached_property
    def parts(self) -> tuple[Phrase, ...]:
        """The phrases; of an explanation that has none, the tokens."""
        return self.phrases or tuple(
            Phrase(token.text, token.start, token.end, token.contribution) for token in self.tokens
        )

    @property
    def strongest(self) -> float:
        """The largest absolute contribution of a phrase; never zero."""
        return max(1e-9, *(abs(part.contribution) for part in self.parts))

    def headline(self) -> str:
        """The verdict in one line."""
        truncated = "; the review is long, its middle was not read" if self.truncated else ""
        if self.reason:
            return f"{self.label} ({self.run}){truncated}. {SENTENCES.get(self.reason, self.reason)}"
        verdict = f"{'' if self.sure else 'not sure: rather '}{self.label}, {in_percent(self.confidence)}"
        if self.expected_grade is not None:
            verdict += f", expected grade {self.expected_grade:.1f}"
        if self.stars is not None:
            verdict += f", {self.stars:.1f} stars"
        if not self.is_binary and self.label != self.target:
            verdict += f"; explained: {self.target}, {in_percent(self.target_probability)}"
        return f"{verdict} ({self.run}){truncated}"

    def with_spaces(self) -> Iterator[tuple[str, Token, Phrase]]:
        """Each token with the white space before it, or with `OMISSION` where text was left out, and its phrase."""
        end = 0
        parts = iter(self.parts)
        part = next(parts, None)
        for token in self.tokens:
            while part is not None and part.end < token.end:
                part = next(parts, None)
            between = self.text[end : token.start]
            if part is not None:
                yield f" {OMISSION} " if between.strip() else between, token, part
            end = token.end

    def ranked_phrases(self) -> list[Phrase]:
        """The phrases in the order of `ranked`."""
        return sorted(self.parts, key=lambda part: -self.sign * part.contribution)

    def ranked(self) -> list[Ranked]:
        """The tokens, from the one that supports the verdict most to the one that opposes it most.

        With more than two classes, from the one that supports the target most to the one that opposes it most.
        """
        numbered = [Ranked(position, token) for position, token in enumerate(self.tokens)]
        return sorted(numbered, key=lambda ranked: -self.sign * ranked.token.contribution)

    def to_json(self, indent: int | None = None) -> str:
        """Standard JSON; the gates with six decimals."""
        values = {each.name: getattr(self, each.name) for each in fields(self)} | {"confidence": self.confidence}
        values |= {name: list(map(vars, values[name])) for name in ("tokens", "phrases")}
        values["gates"] = [
            {
                "direction": gates.direction,
                **{name: array.astype(np.float64).round(_DIGITS).tolist() for name, array in gates.arrays()},
            }
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
            values.pop("confidence", None)  # computed from the probabilities
            values["classes"] = tuple(values.get("classes", cls.classes))  # those of before had two
            tokens = tuple(Token(**token) for token in values.pop("tokens"))
            phrases = tuple(Phrase(**phrase) for phrase in values.pop("phrases", ()))
            gates = tuple(
                Gates(arrays.pop("direction"), **{name: np.array(array, np.float32) for name, array in arrays.items()})
                for arrays in values.pop("gates")
            )
            return cls(**values, tokens=tokens, phrases=phrases, gates=gates)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise UserError(
                f"expected the JSON of an explanation; found: {error}; write it with explain --json"
            ) from None
