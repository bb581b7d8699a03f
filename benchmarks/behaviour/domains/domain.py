"""What a domain consists of."""

from dataclasses import dataclass

from sentiment.config.classes import NEGATIVE, NEUTRAL, POSITIVE


@dataclass(frozen=True)
class Statements:
    """Clauses that stand alone as sentences, too; each begins in lower case and has no mark at its end."""

    praise: tuple[str, ...]
    blame: tuple[str, ...]
    neutral: tuple[str, ...]

    def of(self, label: str) -> tuple[str, ...]:
        """Those of a class."""
        return {POSITIVE: self.praise, NEGATIVE: self.blame, NEUTRAL: self.neutral}[label]


@dataclass(frozen=True)
class Domain:
    """A kind of thing that people review."""

    name: str
    things: tuple[str, ...]  # singular, after "the" or "this"
    aspects: tuple[str, ...]  # singular, after "the"
    did: tuple[str, ...]  # after "I", in the past, without an opinion
    again: str  # after "I would"
    rivals: tuple[str, ...]  # what it is compared with
    train: Statements
    test: Statements
