"""Reviews whose words of opinion are turned, and their grade with them: "A great film" and "A terrible film".

Counterfactual augmentation (Kaushik, Hovy and Lipton 2020): a network that has learnt a whole review by its names and
its style judges the turned one as it judges the review; one that has learnt its opinions does not. The words are
turned by a list, so a turned review may contradict itself in what no list has. Its grade is not quite certain.
"""

import re
from collections.abc import Sequence

import numpy as np

_PAIRS = (
    "good bad, great terrible, excellent awful, amazing horrible, wonderful dreadful, fantastic atrocious, "
    "brilliant stupid, beautiful ugly, best worst, better worse, love hate, loved hated, loves hates, loving hating, "
    "enjoy dislike, enjoyed disliked, enjoyable unpleasant, funny unfunny, hilarious lame, interesting boring, "
    "exciting dull, entertaining tedious, fun annoying, perfect flawed, perfectly poorly, superb abysmal, "
    "strong weak, well badly, original unoriginal, fresh stale, clean dirty, friendly rude, delicious disgusting, "
    "tasty bland, helpful unhelpful, comfortable uncomfortable, fast slow, easy difficult, happy unhappy, "
    "satisfied dissatisfied, pleased displeased, recommend avoid, masterpiece disaster, treat chore, pleasure pain, "
    "gem dud, success failure, succeeds fails, succeed fail, impressed unimpressed, impressive unimpressive, "
    "clever silly, smart dumb, memorable forgettable, fortunately unfortunately, reliable unreliable, "
    "useful useless, nice nasty, fine poor, charming irritating, touching manipulative, compelling pointless, "
    "gripping plodding, talented talentless, convincing unconvincing, likable unlikable, realistic fake, joy misery, "
    "positive negative, superior inferior, outstanding mediocre, lovely horrid, remarkable unremarkable, "
    "delightful insufferable, refreshing tired, solid sloppy, thrilling tiresome, praise blame, "
    "incredible ridiculous, glad sorry"
)
_OPPOSITES = {word: other for pair in _PAIRS.split(", ") for a, b in [pair.split()] for word, other in ((a, b), (b, a))}
_PRAISE = frozenset(pair.split()[0] for pair in _PAIRS.split(", "))
_OPINION = re.compile(rf"\b(?:{'|'.join(_OPPOSITES)})\b", re.IGNORECASE)
_FEWEST = 3  # words of opinion in a review
_SPARSEST = 30  # words of a review for each of them, at most
_CERTAINTY = np.array([0.8, 0.12, 0.08], np.float32)  # of the opposite grade, the one beside it, and the old one


def turned(text: str) -> tuple[str, int, int]:
    """A text with its words of opinion turned; how many those are, and by how many more praise than blame."""
    words = [match[0].lower() for match in _OPINION.finditer(text)]
    praise = sum(word in _PRAISE for word in words)
    return _OPINION.sub(_opposite, text), len(words), 2 * praise - len(words)


def turned_texts(texts: Sequence[str], grades: np.ndarray, most: int, seed: int) -> tuple[list[str], np.ndarray]:
    """Turned texts, and the probabilities of their grades.

    Args:
        texts: clean.
        grades: int[n], from 0 to 4. What is neutral has no opposite. A text whose words of opinion mostly speak against
            its grade, or that has few, is left as it is.
        most: texts; drawn by the seed where there are more.
        seed: of the draw.

    Returns:
        k texts, and float32[k, 5].
    """
    made: list[str] = []
    targets: list[np.ndarray] = []
    for row in np.random.default_rng(seed).permutation(len(texts)):
        grade = int(grades[row])
        if grade == 2 or len(made) == most:
            continue
        text, words, balance = turned(texts[row])
        sign = 1 if grade > 2 else -1
        if words < _FEWEST or len(text.split()) > _SPARSEST * words or sign * balance < max(2, words / 2):
            continue
        target = np.zeros(5, np.float32)
        target[[4 - grade, 1 if grade > 2 else 3, grade]] += _CERTAINTY
        made.append(text)
        targets.append(target / target.sum())
    return made, np.array(targets, np.float32).reshape(-1, 5)


def _opposite(match: re.Match[str]) -> str:
    word = match[0]
    other = _OPPOSITES[word.lower()]
    if word.isupper() and len(word) > 1:
        return other.upper()
    return other.capitalize() if word[0].isupper() else other
