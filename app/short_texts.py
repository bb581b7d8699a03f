"""Short and tricky texts, made of whole reviews by rule: people paste one sentence, and reviews are not like that.

kind        text                                                                 label
sentence    a sentence of the review with one clear word of opinion              that of the word
negation    the same kind of sentence with "not" or "never" before the word      the opposite of the word's
crop        the last words of the review                                         that of the review, a little noisy

Made of validation reviews they are judged beside every evaluation. Made of training reviews they can be learnt from.
"""

import re
from collections.abc import Iterator

import numpy as np

from app.dataset import Examples

KINDS = ("sentence", "negation", "crop")
CROP_WORDS = 30

_POSITIVE = (
    "amazing awesome beautiful brilliant captivating charming clever delightful enjoyable entertaining excellent "
    "fantastic fascinating fine fun funny gorgeous great gripping hilarious impressive incredible interesting lovely "
    "magnificent marvelous memorable moving outstanding perfect powerful refreshing remarkable stunning superb "
    "terrific touching wonderful"
).split()
_NEGATIVE = (
    "abysmal annoying atrocious awful bad bland boring cheesy confusing crappy disappointing dreadful dull "
    "embarrassing forgettable horrible inept irritating laughable lame lousy mediocre painful pathetic pointless poor "
    "predictable ridiculous silly stupid tedious terrible unbearable unfunny unwatchable weak worthless"
).split()
_OPINION = dict.fromkeys(_POSITIVE, 1) | dict.fromkeys(_NEGATIVE, 0)
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]")
_WORD = re.compile(r"\w+(?:['\u2019]\w+)*")
# "was a truly great film", "were boring": where a "not" turns the sentence without breaking its grammar.
_SAID = re.compile(
    r"\b(is|was|are|were)\s+((?:(?:a|an|the|very|so|really|truly|quite|absolutely|pretty)\s+){0,3})("
    + "|".join(_OPINION)
    + r")\b",
    re.IGNORECASE,
)
# Words that turn or weaken an opinion, or report somebody else's: with one of them the rule would be a guess.
_DOUBTFUL = re.compile(
    r"\b(not|no|never|nothing|nobody|none|neither|nor|hardly|barely|without|but|although|though|however|despite|if|"
    r"would|could|should|might|supposed|trying|tries|too|than|except|unless|instead|far|rather|\w+n['\u2019]t)\b|\?",
    re.IGNORECASE,
)
_LONGEST = 25  # words of a sentence
_SHORTEST = 4


def short_texts(examples: Examples, most: int, seed: int = 0) -> dict[str, Examples]:
    """Short texts of each kind, in English.

    Args:
        examples: whole reviews.
        most: of each kind, drawn by the seed where there are more.
        seed: of the drawing.

    Returns:
        By kind; a kind of which none was found is left out.
    """
    found: dict[str, list[tuple[str, int]]] = {kind: [] for kind in KINDS}
    for text, label in zip(examples.texts, examples.labels, strict=True):
        words = list(_WORD.finditer(text))
        if len(words) > 2 * CROP_WORDS:
            found["crop"].append((text[words[-CROP_WORDS].start() :], int(label)))
        for sentence, opinion, place in _clear_sentences(text):
            found["sentence"].append((sentence, opinion))
            turned = "not" if len(found["negation"]) % 3 else "never"
            found["negation"].append((f"{sentence[:place]} {turned}{sentence[place:]}", 1 - opinion))
    random = np.random.default_rng(seed)
    drawn = {kind: [texts[i] for i in random.permutation(len(texts))[:most]] for kind, texts in found.items() if texts}
    return {
        kind: Examples([text for text, _ in texts], np.array([label for _, label in texts], np.int8))
        for kind, texts in drawn.items()
    }


def _clear_sentences(text: str) -> Iterator[tuple[str, int, int]]:
    """Sentences that state one opinion, its label, and the place right after the verb."""
    for match in _SENTENCE.finditer(text):
        sentence = match[0].strip()
        words = [word.lower() for word in _WORD.findall(sentence)]
        if not _SHORTEST <= len(words) <= _LONGEST or _DOUBTFUL.search(sentence):
            continue
        opinions = {_OPINION[word] for word in words if word in _OPINION}
        said = _SAID.search(sentence)
        if said and len(opinions) == 1:
            yield sentence, opinions.pop(), said.end(1)
