"""Texts about other people, typed in a hurry: a letter lost or typed twice, no capitals, no apostrophes.

A network that reads words should not hang on any one of them (noise in training texts, Belinkov and Bisk 2018,
"Synthetic and Natural Noise Both Break Neural Machine Translation", ICLR), and least of all on who a text is about
(counterfactual names, Garg et al. 2019, "Counterfactual Fairness in Text Classification through Robustness", AIES).
"""

import re
from random import Random

# Without Polish and Turkey, which are other words, too.
_KINDS = (
    "Mary John Sarah David Emma Thomas Linda Paul Ahmed Fatima Yusuf Aisha Wei Mei Ling Hiroshi Yuki Priya Deepak "
    "Raj Anita Carlos Rosa Maria Diego Olga Ivan Natasha Sven Ingrid Lars Giulia Marco Luca Pierre Claire Hans "
    "Anna Jamal Kwame Ngozi Chidi Mehmet Elif Linh Minh Siobhan Patrick Kofi Amina Leila Omar Abdul Kemal "
    "Agnieszka Piotr Eleni Dimitri Jin Soo",
    "American British English Irish Scottish German French Italian Spanish Portuguese Dutch Swedish Norwegian "
    "Russian Ukrainian Greek Turkish Iraqi Iranian Israeli Egyptian Moroccan Nigerian Ghanaian Kenyan Ethiopian "
    "Somali Indian Pakistani Chinese Japanese Korean Vietnamese Thai Filipino Mexican Brazilian Colombian "
    "Canadian Australian",
    "America Britain England Ireland Scotland Germany France Italy Spain Portugal Holland Sweden Norway Poland "
    "Russia Ukraine Greece Iraq Iran Israel Egypt Morocco Nigeria Ghana Kenya Ethiopia Somalia India Pakistan "
    "China Japan Korea Vietnam Thailand Mexico Brazil Colombia Canada Australia",
    "Muslim Christian Hindu Jewish Buddhist Catholic",
)
_VOWELS = "AEIO"  # before which stands "an", unlike before most words with U
_OTHERS = {
    name: [other for other in kind.split() if other != name and (other[0] in _VOWELS) == (name[0] in _VOWELS)]
    for kind in _KINDS
    for name in kind.split()
}
# Where a thing was made may be an opinion.
_NAME = re.compile(rf"(?<![Mm]ade in )\b(?:{'|'.join(_OTHERS)})\b(?!-(?:made|built))")
_LONG_WORD = re.compile(r"\b[A-Za-z]{5,}\b")


def as_typed(text: str, chance: Random) -> str:
    """The text about somebody else and in one of those ways, which may be as it is.

    Args:
        text: clean.
        chance: chooses the names, the way, the word and the letter.
    """
    way = chance.choice((_one_letter_lost, _one_letter_twice, _without_capitals, _without_apostrophes))
    return way(_about_others(text, chance), chance)


def _about_others(text: str, chance: Random) -> str:
    """Another name for each, the same one wherever it stands, and none that the text has already."""
    others: dict[str, str] = {}

    def other(match: re.Match[str]) -> str:
        if match[0] not in others:
            taken = {*others.values(), *_NAME.findall(text)}
            others[match[0]] = chance.choice([name for name in _OTHERS[match[0]] if name not in taken] or [match[0]])
        return others[match[0]]

    return _NAME.sub(other, text)


def _one_letter_lost(text: str, chance: Random) -> str:
    return _at_a_letter(text, chance, "")


def _one_letter_twice(text: str, chance: Random) -> str:
    return _at_a_letter(text, chance, r"\g<0>\g<0>")


def _without_capitals(text: str, _: Random) -> str:
    return text.lower()


def _without_apostrophes(text: str, _: Random) -> str:
    return text.replace("'", "")


def _at_a_letter(text: str, chance: Random, becomes: str) -> str:
    """Changes a letter within a long word, not its first and not its last one."""
    words = list(_LONG_WORD.finditer(text))
    if not words:
        return text
    word = chance.choice(words)
    place = chance.randrange(word.start() + 1, word.end() - 1)
    return text[:place] + re.sub(".", becomes, text[place]) + text[place + 1 :]
