"""Short and tricky texts, made of whole reviews by rule: people paste one sentence, and reviews are not like that.

kind        text                                                                label
sentence    a sentence of the review with one clear word of opinion             that of the word
negation    such a sentence denied: "wasn't", "far from", "I don't think"       the opposite of the word's
emphasis    such a sentence stressed by words that elsewhere deny: "nothing     that of the word
            short of", "there is no denying that"
unseen      both, in forms that nobody is ever taught: "in no way"              as above
excerpt     one to three sentences as they stand in the review                  that of the review, noisy
crop        the last words of the review                                        that of the review, a little noisy

Made of validation reviews they are judged beside every evaluation. Made of training reviews they can be learnt from,
all but the unseen ones: these tell whether a network has learnt what a denial is, or a list of them. Excerpts keep it
from seeing a turned opinion in every "don't" and "never": most of them turn none ("Don't waste your money").
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sentiment.data.splits import Examples

TAUGHT = ("sentence", "negation", "emphasis")  # the kinds to learn from
KINDS = (*TAUGHT, "unseen", "excerpt", "crop")
CROP_WORDS = 30

# Ways to say a sentence again. `head` ends with its verb, `tail` is the rest, `clause` is all of it inside another
# sentence, `word` the opinion. The frequent ones stand more than once.
_DENIALS = (
    "{head} not{tail}",
    "{head}n't{tail}",
    "{head} never{tail}",
    "I don't think {clause}",
    "{head} far from{tail}",
    "{head} not{tail}",
    "{head}n't{tail}",
    "{head} anything but{tail}",
    "I can't say that {clause}",
    "{head} hardly{tail}",
    "Far from {word}.",
    "{head} by no means{tail}",
    "It is not true that {clause}",
    "Less {word} than I expected.",
    "Anything but {word}.",
    "Nobody can say that {clause}",
    "I wish I could say that {clause}",
    "It could have been {word}.",
)
_EMPHASES = (
    "{head} not only{tail}",
    "There is no denying that {clause}",
    "{head} nothing short of{tail}",
    "It could not have been more {word}.",
    "I can't deny that {clause}",
    "{head} nothing if not{tail}",
    "I have never seen anything so {word}.",
    "{head} nothing but{tail}",
    "It doesn't get more {word} than this.",
)
_UNSEEN = (  # and whether they turn the label
    ("{head} in no way{tail}", True),
    ("{head} nothing less than{tail}", False),
    ("I wouldn't say that {clause}", True),
    ("Nobody can deny that {clause}", False),
)

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
_SENTENCES = (1, 1, 1, 2, 3)  # of an excerpt, equally likely


@dataclass(frozen=True)
class _Sentence:
    """One that states one opinion."""

    text: str
    label: int  # that of the opinion
    word: str
    verb_end: int  # place right after the verb

    def said(self, form: str) -> str:
        """The sentence in another form."""
        first, rest = self.text[0], self.text[1:]
        return form.format(
            head=self.text[: self.verb_end],
            tail=self.text[self.verb_end :],
            clause=(first if self.text.startswith(("I ", "I'")) else first.lower()) + rest,
            word=self.word,
        )


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
        for sentence in _clear_sentences(text):
            turn = len(found["sentence"])  # the forms take turns
            unseen, turns = _UNSEEN[turn % len(_UNSEEN)]
            found["sentence"].append((sentence.text, sentence.label))
            found["negation"].append((sentence.said(_DENIALS[turn % len(_DENIALS)]), 1 - sentence.label))
            found["emphasis"].append((sentence.said(_EMPHASES[turn % len(_EMPHASES)]), sentence.label))
            found["unseen"].append((sentence.said(unseen), 1 - sentence.label if turns else sentence.label))
    random = np.random.default_rng(seed)
    drawn = {kind: [texts[i] for i in random.permutation(len(texts))[:most]] for kind, texts in found.items() if texts}
    made = {
        kind: Examples([text for text, _ in texts], np.array([label for _, label in texts], np.int8))
        for kind, texts in drawn.items()
    }
    made["excerpt"] = excerpts(examples, most, seed)
    return {kind: made[kind] for kind in KINDS if kind in made}


def excerpts(examples: Examples, most: int, seed: int = 0) -> Examples:
    """One to three sentences of each review as they stand, with its label.

    Args:
        examples: whole reviews; their labels may be probabilities.
        most: of all, from reviews drawn by the seed where there are more.
        seed: of the drawing, and of which sentences.

    Returns:
        At most one of each review, in the order drawn; labels have the dtype that they came with.
    """
    random = np.random.default_rng(seed)
    rows = random.permutation(len(examples))[:most]
    texts = []
    for row in rows:
        sentences = [match[0].strip() for match in _SENTENCE.finditer(examples.texts[row])] or [examples.texts[row]]
        first = random.integers(len(sentences))
        texts.append(" ".join(sentences[first : first + random.choice(_SENTENCES)]))
    return Examples(texts, examples.labels[rows])


def _clear_sentences(text: str) -> Iterator[_Sentence]:
    """Sentences that state one opinion."""
    for match in _SENTENCE.finditer(text):
        sentence = match[0].strip()
        words = [word.lower() for word in _WORD.findall(sentence)]
        if not _SHORTEST <= len(words) <= _LONGEST or _DOUBTFUL.search(sentence):
            continue
        opinions = {_OPINION[word] for word in words if word in _OPINION}
        said = _SAID.search(sentence)
        if said and len(opinions) == 1:
            yield _Sentence(sentence, opinions.pop(), said[3].lower(), said.end(1))
