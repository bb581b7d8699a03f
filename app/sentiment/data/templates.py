"""Short and tricky texts made of whole reviews by templates, because people judge single sentences, too.

kind        text                                                                label
sentence    a sentence of the review with one clear word of opinion             that of the word
negation    such a sentence negated: "wasn't", "far from", "I don't think"      the opposite of the word's
emphasis    such a sentence stressed by words that negate elsewhere: "nothing   that of the word
            short of", "there is no denying that"
unseen      both, in forms that no network is trained on: "in no way"           as above
excerpt     one to three sentences as they stand in the review                  that of the review, noisy
crop        the last words of the review                                        that of the review, a little noisy

Those of validation reviews are part of every evaluation. Those of training reviews can be trained on, except the unseen
ones: they show whether a network has learnt negation, or a list of phrases. Excerpts are trained on so that a network
does not read every "don't" and "never" as negation: most of them negate no opinion ("Don't waste your money").
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sentiment.data.dataset import Examples

TRAINING_KINDS = ("sentence", "negation", "emphasis")  # the kinds to learn from
KINDS = (*TRAINING_KINDS, "unseen", "excerpt", "crop")
CROP_WORDS = 30

# Forms of a sentence. `head` ends with its verb, `tail` is the rest, `clause` is all of it inside another sentence,
# `word` the opinion. Frequent forms stand more than once.
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
_UNSEEN = (  # and whether they negate
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
# "was a truly great film", "were boring": a "not" behind the verb negates the sentence and keeps its grammar.
_STATEMENT = re.compile(
    r"\b(is|was|are|were)\s+((?:(?:a|an|the|very|so|really|truly|quite|absolutely|pretty)\s+){0,3})("
    + "|".join(_OPINION)
    + r")\b",
    re.IGNORECASE,
)
# Words that negate, weaken or report an opinion: with one of them the label would be a guess.
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
    """A sentence that states one opinion."""

    text: str
    label: int  # that of the opinion
    word: str
    verb_end: int  # place right after the verb

    def in_form(self, form: str) -> str:
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
        most: texts of each kind; drawn by the seed where there are more.
        seed: of the draw.

    Returns:
        Texts by kind, without kinds that have none.
    """
    made: dict[str, list[tuple[str, int]]] = {kind: [] for kind in KINDS}
    for text, label in zip(examples.texts, examples.labels, strict=True):
        words = list(_WORD.finditer(text))
        if len(words) > 2 * CROP_WORDS:
            made["crop"].append((text[words[-CROP_WORDS].start() :], int(label)))
        for sentence in _clear_sentences(text):
            turn = len(made["sentence"])
            unseen, negates = _UNSEEN[turn % len(_UNSEEN)]
            made["sentence"].append((sentence.text, sentence.label))
            made["negation"].append((sentence.in_form(_DENIALS[turn % len(_DENIALS)]), 1 - sentence.label))
            made["emphasis"].append((sentence.in_form(_EMPHASES[turn % len(_EMPHASES)]), sentence.label))
            made["unseen"].append((sentence.in_form(unseen), 1 - sentence.label if negates else sentence.label))
    random = np.random.default_rng(seed)
    by_kind = {}
    for kind, texts in made.items():
        if kind == "excerpt":
            by_kind[kind] = excerpts(examples, most, seed)
        elif texts:
            drawn = [texts[i] for i in random.permutation(len(texts))[:most]]
            by_kind[kind] = Examples([text for text, _ in drawn], np.array([label for _, label in drawn], np.int8))
    return by_kind


def excerpts(examples: Examples, most: int, seed: int = 0) -> Examples:
    """One to three sentences of each review as they stand, with its label.

    Args:
        examples: whole reviews; their labels may be probabilities.
        most: excerpts; their reviews are drawn by the seed where there are more.
        seed: of the draw of reviews and of sentences.

    Returns:
        At most one of each review, in the order drawn; the labels keep their dtype.
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
    for match in _SENTENCE.finditer(text):
        sentence = match[0].strip()
        words = [word.lower() for word in _WORD.findall(sentence)]
        if not _SHORTEST <= len(words) <= _LONGEST or _DOUBTFUL.search(sentence):
            continue
        opinions = {_OPINION[word] for word in words if word in _OPINION}
        statement = _STATEMENT.search(sentence)
        if statement and len(opinions) == 1:
            yield _Sentence(sentence, opinions.pop(), statement[3].lower(), statement.end(1))
