"""Texts about other people: names, nationalities, countries and the like are replaced, and the verdict stays.

Counterfactual augmentation against prejudice (Lu et al. 2020; Maudslay et al. 2019): reviews speak more ill of some
people than of others, and a network learns that from them. Where the same text comes with other names and the same
grade, there is nothing to learn from a name.
"""

import re
from collections.abc import Sequence
from functools import partial

import numpy as np

_NAMES = (
    "Aaron Abdul Abigail Adriana Agnes Ahmed Aisha Alan Albert Alejandro Alice Amina Amir Amy Andrea Andrew "
    "Angela Anita Anna Anthony Antonio Arjun Arthur Ayesha Barbara Beatrice Benjamin Betty Brenda Brian Carlos "
    "Carmen Caroline Catherine Charles Chen Chloe Christopher Claire Daniel David Deborah Deepak Diego Dmitri "
    "Donald Dorothy Edward Elena Elizabeth Emily Emma Enrique Eric Fatima Fernando Francesca Gabriel George "
    "Giovanni Hannah Hassan Helen Henry Hiroshi Ibrahim Ingrid Isabel Ivan Jamal James Jason Javier Jennifer "
    "Jessica John Jorge Joseph Juan Julia Karen Karim Kate Kevin Khalid Kofi Kumar Kwame Lakshmi Lars Laura Leila "
    "Linda Lisa Lucia Luis Magdalena Maria Marie Martin Mary Matthew Mehmet Mei Michael Miguel Mohammed Monica "
    "Mustafa Nadia Nancy Natasha Ngozi Nicole Nikolai Olga Oliver Omar Pablo Patricia Patrick Paul Pedro Peter "
    "Priya Rachel Rahul Rajesh Raul Rebecca Richard Robert Rosa Ruth Samir Samuel Sandra Sanjay Sarah Sergei "
    "Shanice Simon Sofia Stephen Susan Svetlana Tamika Tariq Thomas Tyrone Usha Vijay Vladimir Wei William Xiao "
    "Yasmin Yuki Yusuf Zainab"
)
_NATIONALITIES = (
    "Afghan African Albanian Algerian American Arab Argentinian Asian Australian Austrian Bangladeshi Belgian "
    "Bolivian Brazilian British Bulgarian Cambodian Canadian Chilean Chinese Colombian Croatian Cuban Czech "
    "Danish Dutch Egyptian English Ethiopian European Filipino Finnish French German Ghanaian Greek Hungarian "
    "Indian Indonesian Iranian Iraqi Irish Israeli Italian Jamaican Japanese Kenyan Korean Lebanese Malaysian "
    "Mexican Moroccan Nepalese Nigerian Norwegian Pakistani Palestinian Persian Peruvian Polish Portuguese "
    "Romanian Russian Scottish Serbian Somali Spanish Sudanese Swedish Swiss Syrian Thai Tunisian Turkish "
    "Ukrainian Vietnamese Welsh Yemeni"
)
_COUNTRIES = (
    "Afghanistan, Albania, Algeria, Argentina, Australia, Austria, Bangladesh, Belgium, Bolivia, Brazil, "
    "Bulgaria, Cambodia, Canada, Chile, China, Colombia, Croatia, Cuba, Denmark, Egypt, England, Ethiopia, "
    "Finland, France, Germany, Ghana, Greece, Hungary, India, Indonesia, Iran, Iraq, Ireland, Israel, Italy, "
    "Jamaica, Japan, Kenya, Korea, Lebanon, Malaysia, Mexico, Morocco, Nepal, Nigeria, Norway, Pakistan, Peru, "
    "Poland, Portugal, Romania, Russia, Scotland, Serbia, Somalia, Spain, Sudan, Sweden, Switzerland, Syria, "
    "Thailand, Tunisia, Turkey, Ukraine, Vietnam, Wales, Yemen"
)
_PEOPLE = (
    "man, woman, lady, gentleman, guy, boy, girl, teenager, pensioner, student, tourist, nurse, farmer, "
    "immigrant, refugee, Muslim, Christian, Hindu, Buddhist, Catholic, Jew, Sikh, Mormon, atheist, lesbian, gay "
    "man, transgender woman, disabled man, blind woman, Black man, Black woman, white man, old man, young woman"
)
_SEVERAL = (
    "men, women, ladies, guys, boys, girls, teenagers, pensioners, students, tourists, nurses, farmers, "
    "immigrants, refugees, Muslims, Christians, Hindus, Buddhists, Catholics, Jews, Sikhs, Mormons, atheists, "
    "lesbians, gay men, transgender people, disabled people, blind people, Black people, white people, old "
    "people, young people"
)
_ARTICLE = r"(?:\b[Aa]n? )?"
# Words of one line take each other's place. A person is told from other uses of the word by what stands before.
_KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (_ARTICLE, tuple(_NAMES.split())),
    (_ARTICLE, tuple(_NATIONALITIES.split())),
    (_ARTICLE, tuple(_COUNTRIES.split(", "))),
    (r"\b(?:[Aa]n?|[Tt]he|[Tt]his|[Tt]hat|[Aa]nother|[Oo]ne) ", tuple(_PEOPLE.split(", "))),
    (r"\b(?:[Tt]he|[Tt]hese|[Tt]hose|[Ss]ome|[Mm]any|[Tt]wo|[Oo]ther|[Ff]or|[Bb]y) ", tuple(_SEVERAL.split(", "))),
    ("", ("he", "she")),
    ("", ("He", "She")),
)
_PATTERNS = [
    re.compile(rf"(?P<before>{before})\b(?P<word>{'|'.join(sorted(words, key=len, reverse=True))})\b")
    for before, words in _KINDS
]
_BY_PRONOUN = re.compile(r"\b(?:his|him|himself|her|hers|herself)\b", re.IGNORECASE)
_VOWELS = "aeioAEIO"  # "a Ukrainian", "a university"
_LONGEST = 300  # characters; in a long text a name weighs little
_COPIES = 2  # of a text, at most, each about others


def renamed(text: str, random: np.random.Generator) -> str:
    """A text with other people in it; the same text if there are none. A person of several places stays one person."""
    for (_, words), pattern in zip(_KINDS, _PATTERNS, strict=True):
        if words[0].lower() == "he" and _BY_PRONOUN.search(text):
            continue  # "he" alone would not agree with it
        others: dict[str, str] = {}
        for match in pattern.finditer(text):
            choices = [word for word in words if word != match["word"] and word not in others.values()]
            others.setdefault(match["word"], str(random.choice(choices)) if choices else match["word"])
        text = pattern.sub(partial(_other, others), text)
    return text


def renamed_texts(texts: Sequence[str], targets: np.ndarray, most: int, seed: int) -> tuple[list[str], np.ndarray]:
    """Short texts with other people in them, and the targets of the texts.

    Args:
        texts: clean. Long ones, and those without people, are left out.
        targets: float32[n, 5].
        most: texts; drawn by the seed where there are more.
        seed: of the draw and of the other people.

    Returns:
        k texts, and float32[k, 5].
    """
    random = np.random.default_rng(seed)
    made: list[str] = []
    rows: list[int] = []
    for row in np.concatenate([random.permutation(len(texts)) for _ in range(_COPIES)]):
        if len(made) == most:
            break
        text = texts[row]
        if len(text) <= _LONGEST and (other := renamed(text, random)) != text:
            made.append(other)
            rows.append(int(row))
    return made, targets[rows]


def _other(others: dict[str, str], match: re.Match[str]) -> str:
    """The other word for that of a match, after an article that agrees with it."""
    word, before = others[match["word"]], match["before"]
    if before in ("a ", "an ", "A ", "An "):
        before = f"{before[0]}n " if word[0] in _VOWELS else f"{before[0]} "
    return before + word
