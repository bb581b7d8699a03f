"""What parts of a review add to a score, by occlusion, and which words act together.

A part adds the score of the review minus the score with the unknown word in the place of each of its tokens (Zeiler and
Fergus 2014; Li et al. 2016, for words). The network knows how to read without a word, because training replaced some at
random. A word that stands twice, or repeats another, gets less than its due, because the other is still there.

Words act together where a part adds something else than its words do one by one: of "never dull", without either word
little is left of the praise, so each seems to be worth all of it. Such neighbours are merged, from the strongest
interaction on, as in the hierarchies of Singh et al. 2019, which have contextual decomposition (Murdoch et al. 2018) in
the place of occlusion.

What would take too long in a large network is left out: words of weaker parts are then replaced together.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sentiment.explain.rereading import Reading

Span = tuple[int, int]  # the first token and the one after the last

_WORDS, _PHRASES = 60_000_000_000, 22_000_000_000  # multiplications: about 0.9 and 0.3 seconds of two cores
_LEAST_PARTS = 16  # of a review, however large the network is
_ROUNDING = 1e-6  # what float32 leaves of nothing
_LONGEST = 7  # tokens of a phrase
_BETWEEN = 3  # weak spans between two that act together
_INTERACTION = 0.2  # of what the strongest of the spans adds; chosen on phrases in other words than those of the tests
_NOTEWORTHY = 0.12  # of the strongest part; weaker ones begin no phrase, and weaker interactions make none


@dataclass(frozen=True)
class Parts:
    """A review cut into parts without a gap."""

    spans: tuple[Span, ...]
    effects: np.ndarray  # float64[parts], what each adds, in logits


class Occlusion:
    """What spans of one review add; each is computed once.

    Args:
        reading: of the review.
        score: from logits float64[..., outputs] to the score, float64[...].
    """

    def __init__(self, reading: Reading, score: Callable[[np.ndarray], np.ndarray]) -> None:
        self._reading = reading
        self._score = score
        self._whole = float(score(reading.logits))
        self._effects: dict[Span, float] = {}

    def effects(self, spans: Sequence[Span]) -> np.ndarray:
        """What each span adds, float64[spans], in logits."""
        new = [span for span in dict.fromkeys(spans) if span not in self._effects]
        without = self._score(self._reading.logits_without([range(*span) for span in new]))
        self._effects.update(zip(new, (self._whole - without).tolist(), strict=True))
        return np.array([self._effects[span] for span in spans])

    def cost(self, spans: Sequence[Span]) -> int:
        """The multiplications that the effects of spans take, without those that are known."""
        new = [span for span in spans if span not in self._effects]
        return self._reading.multiplications([range(*span) for span in new])

    def words(self, segments: np.ndarray) -> Parts:
        """Single words, if they can be computed in time; else parts of several, the strongest cut into words.

        Args:
            segments: int[time], equal for neighbours that may act together.
        """
        time = len(segments)
        words = [(i, i + 1) for i in range(time)]
        if self.cost(words) <= _WORDS:
            return Parts(tuple(words), self.effects(words))
        size = 2
        while size < time // _LEAST_PARTS and self.cost(_parts(segments, size)) > _WORDS // 2:
            size += 1
        spans = _parts(segments, size)
        left = _WORDS - self.cost(spans)
        cut: list[Span] = []
        for span in sorted(spans, key=dict(zip(spans, -np.abs(self.effects(spans)), strict=True)).__getitem__):
            inner = [(i, i + 1) for i in range(*span)]
            left -= self.cost(inner)
            if left < 0 and cut:
                break
            cut.append(span)
        shown = sorted(word for span in spans for word in (_words(span) if span in cut else [span]))
        return Parts(tuple(shown), self.effects(shown))

    def phrases(self, words: Parts, segments: np.ndarray) -> Parts:
        """Words that act together as one part each, and the others as they are.

        Args:
            words: see `Occlusion.words`.
            segments: as there.
        """
        spans = list(words.spans)
        groups = {span for span in spans if span[1] - span[0] > 1}  # whose words are not known one by one
        floor = max(_NOTEWORTHY * np.abs(words.effects).max(), _ROUNDING)
        left = _PHRASES
        while True:
            effects = dict(zip(spans, self.effects(spans), strict=True))
            for candidates in (_neighbours, _bridges):
                chains = [
                    chain
                    for chain in candidates(spans, effects, floor)
                    if groups.isdisjoint(chain)
                    and segments[chain[0][0]] == segments[chain[-1][0]]
                    and chain[-1][1] - chain[0][0] <= _LONGEST
                ]
                chains.sort(key=lambda chain: -max(abs(effects[span]) for span in chain))
                affordable = np.cumsum([self.cost([_joined(chain)]) for chain in chains]) <= left
                chains = chains[: int(affordable.sum())]
                left -= self.cost([_joined(chain) for chain in chains])
                if merged := self._merged(chains, effects, floor):
                    break
            else:
                return Parts(tuple(spans), np.array(list(effects.values())))
            within = {span for chain in merged for span in chain}
            spans = sorted([span for span in spans if span not in within] + list(map(_joined, merged)))

    def _merged(self, chains: list[list[Span]], effects: dict[Span, float], floor: float) -> list[list[Span]]:
        """Those chains of neighbouring spans that act together; of chains with a span in common, the strongest."""
        interactions = [
            abs(joint - sum(effects[span] for span in chain))
            for chain, joint in zip(chains, self.effects(list(map(_joined, chains))), strict=True)
        ]
        merged: list[list[Span]] = []
        taken: set[Span] = set()
        for index in np.argsort(np.negative(interactions), kind="stable"):
            chain = chains[index]
            least = max(_INTERACTION * max(abs(effects[span]) for span in chain), floor)
            if interactions[index] >= least and taken.isdisjoint(chain):
                merged.append(chain)
            taken.update(chain)  # a weaker interaction waits for what this one makes of it
        return merged


def _neighbours(spans: list[Span], effects: dict[Span, float], floor: float) -> Iterator[list[Span]]:
    """Pairs of neighbours, one of them worth noting."""
    for pair in pairwise(spans):
        if max(abs(effects[span]) for span in pair) >= floor:
            yield list(pair)


def _bridges(spans: list[Span], effects: dict[Span, float], floor: float) -> Iterator[list[Span]]:
    """Two spans worth noting and up to three weak ones between them: "hardly a dull"."""
    strong = [abs(effects[span]) >= floor for span in spans]
    for first, last in pairwise(np.flatnonzero(strong)):
        if 1 < last - first <= _BETWEEN + 1:
            yield spans[first : last + 1]


def _joined(chain: list[Span]) -> Span:
    return chain[0][0], chain[-1][1]


def planned(reading: Reading) -> int:
    """About how many multiplications the words and the phrases of a review take."""
    words = reading.multiplications([range(i, i + 1) for i in range(reading.length)])
    return min(words, _WORDS) + min(words // 2, _PHRASES)


def _words(span: Span) -> list[Span]:
    return [(i, i + 1) for i in range(*span)]


def _parts(segments: np.ndarray, size: int) -> list[Span]:
    """Parts of at most `size` tokens, which end with a segment where they have half of that."""
    spans, first = [], 0
    for end in range(1, len(segments) + 1):
        at_end = end == len(segments) or segments[end] != segments[end - 1]
        if end - first == size or end == len(segments) or (at_end and 2 * (end - first) >= size):
            spans.append((first, end))
            first = end
    return spans
