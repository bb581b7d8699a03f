"""In which languages texts are written, and which a model has learnt.

py3langid tells the language of a text (Lui & Baldwin, "langid.py: An Off-the-shelf Language Identification Tool", ACL
2012; here with the retrained model of the fork). Its model of 4.6 MB lies in the package; nothing is downloaded. It is
loaded at the first question, within half a second.

A text is foreign to a model if another language is far more likely than each language of the model. That needs no file
of the model: the languages are those of the most frequent words of its vocabulary.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

UNIDENTIFIED = "unidentified"

# Languages in which much is written. The library knows 139, and the short English texts that it takes for another
# language are mostly taken for one of the others.
NAMES = {
    "ar": "Arabic", "az": "Azerbaijani", "be": "Belarusian", "bg": "Bulgarian", "bn": "Bengali", "bs": "Bosnian",
    "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek", "en": "English", "es": "Spanish",
    "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French", "gu": "Gujarati", "he": "Hebrew",
    "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian", "is": "Icelandic",
    "it": "Italian", "ja": "Japanese", "ka": "Georgian", "kk": "Kazakh", "km": "Khmer", "kn": "Kannada",
    "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "mk": "Macedonian", "ml": "Malayalam", "mn": "Mongolian",
    "mr": "Marathi", "ms": "Malay", "my": "Burmese", "ne": "Nepali", "nl": "Dutch", "nn": "Norwegian Nynorsk",
    "no": "Norwegian", "pa": "Punjabi", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
    "si": "Sinhala", "sk": "Slovak", "sl": "Slovenian", "sq": "Albanian", "sr": "Serbian", "sv": "Swedish",
    "ta": "Tamil", "te": "Telugu", "th": "Thai", "tl": "Filipino", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu",
    "uz": "Uzbek", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
_NO_LANGUAGE = "zxx"  # the code of ISO 639 for what is written in no language
# Languages that short texts do not tell apart, by the one that stands for them. Nigerian Pidgin (pcm) is English here.
_RELATIVES = {"pcm": "en", "bs": "hr", "sr": "hr", "ms": "id", "da": "no", "nn": "no"}

_CHARACTERS = 1_000  # of a text that are read: they suffice, and a long text takes no longer
_LEAST = 1e-12  # of a probability, so that it has odds

# How a vocabulary shows its languages: see `ModelLanguages.from_words`.
_GROUP = 40  # words together
_FEWEST = 100  # words
_AGREEING = 0.9  # share of groups
_MARKED, _MARKED_WORDS, _MARKED_SHARE = 20.0, 5, 0.015  # odds, least number, least share
_MOST = 4  # languages: with more, some have too few words here to be seen

_VOTING = 8  # words of a text that tell its language by themselves
_LIKELIER, _FAR_LIKELIER = 7.0, 55.0  # odds from which a text, or one of few words, is in another language than most
_FEW = 3  # words: with fewer, "Zero" is Polish

# Words that a language shares with English, by its code: they tell neither from the other. From the words that are
# frequent in both lists of wordfreq, by hand without those that are only quoted.
_SHARED = {
    "de": (
        "action also am an die drama fast film final finale general genial genre hand horror hotel humor in man "
        "material minute moment ok original person plus service situation so start story super total tv version war "
        "was will"
    ),
    "nl": (
        "been begin best camera de die drama effect film films had hotel humor in is late man me moment of open over "
        "perfect plus service start stop super tv type want war was we"
    ),
    "fr": (
        "an art as attention budget ce certain chance couple de dialogue direction drame effort est excellent face "
        "fan fans film films fin final front genre horrible hotel important long me mention message minute minutes "
        "moment moments nature non note on or original performance place plus point police possible production "
        "question romance score secret service simple situation son sort stage style super surprise talent terrible "
        "total tv type unique violence"
    ),
    "es": (
        "actor actual con de director drama era film final general he horrible hotel idea local material me musical "
        "no original personal simple son super terrible total tv"
    ),
    "it": (
        "cast come de due fan film finale horror hotel idea in male me no non per so son super team thriller tv video"
    ),
    "pt": (
        "as com come de do drama era final horror hotel humor local material me musical no original os real super "
        "total tv"
    ),
    "sv": (
        "all bra de den du fall far fast film final form general hand har hotel humor in man material men person "
        "problem service so son super total tv under var"
    ),
    "no": (
        "at best de den drama en er fall fast film fine for form general hotel man men person plus service side sort "
        "super tv type under var"
    ),
}
_SHARED_WORDS = {code: frozenset(words.split()) for code, words in _SHARED.items()}
_SHARED_BY_ANY = frozenset().union(*_SHARED_WORDS.values())

_NAMELESS_WORDS = 3  # that a text must have without its names, so that they tell its language

_LINK_OR_TAG = re.compile(r"(?:https?://|www\.)\S+|[@#]\w*[^\W\d_]\w*", re.IGNORECASE)
_ADDRESS = re.compile(r"[\w.+-]+@(?:[\w-]+\.)+\w+\W*|(?:[\w-]+\.)+(?:com|org|net)(?:/\S*)?\W*", re.IGNORECASE)


def prose(text: str) -> str:
    """A clean text without links, e-mail addresses, @mentions and #hashtags, which are written in no language."""
    if not ("@" in text or "#" in text or "://" in text or "www." in text or "WWW." in text or _has_domain(text)):
        return text
    pieces = (piece for piece in text.split() if not _ADDRESS.fullmatch(piece.lstrip("\"'(<[")))
    return " ".join(_LINK_OR_TAG.sub(" ", " ".join(pieces)).split())


def _has_domain(text: str) -> bool:
    return ".com" in text or ".org" in text or ".net" in text


def is_shared(word: str, code: str | None = None) -> bool:
    """Whether a lower-case word is one of English and of a language, by its code; None: of any that is listed here.

    Of a language without a list, a word counts as shared if one of the others has it. One letter tells nothing.
    """
    return len(word) == 1 or word in _SHARED_WORDS.get(code or "", _SHARED_BY_ANY)


def without_names(text: str) -> str:
    """A text without capitalised words, unless they are the first or most; German nouns go with the names."""
    pieces = text.split()
    rest = pieces[:1] + [piece for piece in pieces[1:] if not piece[0].isupper()]
    return " ".join(rest) if len(rest) >= _NAMELESS_WORDS else text


@dataclass(frozen=True)
class ModelLanguages:
    """The languages whose texts a model can judge; none if they cannot be told."""

    codes: frozenset[str]  # of ISO 639; of relatives, the one that stands for them

    @classmethod
    def from_words(cls, words: Iterable[str]) -> "ModelLanguages":
        """The languages of a vocabulary.

        Groups of 40 words tell the main language, which most groups have. A further language is one of which at least
        1.5% of the words, and five, are far more typical than of the main one. Nothing can be told
        if more than a tenth of the groups are in yet other languages, as in generated text, nor of more than four
        languages, nor of fewer than 100 words.

        Args:
            words: the most frequent ones, by falling frequency; marks and numbers are passed over.
        """
        words = [word for word in words if any(character.isalpha() for character in word)]
        if len(words) < _FEWEST:
            return cls(frozenset())
        starts = range(0, len(words) - _GROUP + 1, _GROUP)
        groups = Counter(_likeliest_code(" ".join(words[start : start + _GROUP])) for start in starts)
        [(main, _)] = groups.most_common(1)
        marked: Counter[str] = Counter()
        for word in words:
            if (best := _likeliest_code(word)) != main:
                chances = _chances(word)
                marked[best] += chances[best] >= _MARKED * max(chances.get(main, 0.0), _LEAST)
        enough = max(_MARKED_WORDS, _MARKED_SHARE * len(words))
        codes = {main, *(code for code, number in marked.items() if number >= enough)}
        agreeing = sum(groups[code] for code in codes)
        known = agreeing >= _AGREEING * groups.total() and len(codes) <= _MOST and _NO_LANGUAGE not in codes
        return cls(frozenset(codes if known else ()))

    def other(self, text: str) -> tuple[str, float]:
        """The likeliest other language than the model's, by its code, and how many times as likely as theirs it is.

        An empty code and 0.0 where a language of the model is the likeliest, or none can be told, and for a text in no
        language.
        """
        if not self.codes or _likeliest_code(text) in self.codes | {_NO_LANGUAGE}:
            return "", 0.0
        chances = _chances(text)
        ours = max(chances.get(code, 0.0) for code in self.codes)
        best = _likeliest(chances)
        return best, chances[best] / max(ours, _LEAST)


def languages_of(texts: Sequence[str]) -> dict[str, int]:
    """How many texts are written in each language, the most frequent first.

    A short text alone is easily taken for one of another language. So the longer texts tell the language of most, and
    a text counts for another only if that is far likelier, at odds of 7 to 1; of one or two words, 55 to 1.

    Args:
        texts: clean or not; a sample is enough, as 1,000 texts take about 0.1 seconds, and long ones a second.

    Returns:
        Numbers by English names, such as "French"; `UNIDENTIFIED` for texts of links, numbers and marks.
    """
    readable = [text for text in map(prose, texts) if any(character.isalpha() for character in text)]
    chances = [_by_code(text) for text in readable]
    best = [next(iter(of_text)) for of_text in chances]
    votes = Counter(code for code, text in zip(best, readable, strict=True) if len(text.split()) >= _VOTING)
    main = (votes or Counter(best)).most_common(1)[0][0] if best else _NO_LANGUAGE
    least = [_LIKELIER if len(text.split()) >= _FEW else _FAR_LIKELIER for text in readable]
    codes = [
        code if of_text[code] >= odds * of_text[main] else main
        for code, of_text, odds in zip(best, chances, least, strict=True)
    ]
    names = Counter(NAMES.get(code, UNIDENTIFIED) for code in codes)
    names.update({UNIDENTIFIED: len(texts) - len(readable)})
    return {name: number for name, number in names.most_common() if number}


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # takes a while

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([*NAMES, _NO_LANGUAGE, "pcm"])
    return identifier


def _read(text: str) -> str:
    return text[:_CHARACTERS].lower()


def _likeliest_code(text: str) -> str:
    """The likeliest language, or the one that stands for it; thrice as fast as `_chances`."""
    code, _ = _identifier().classify(_read(text))
    return _RELATIVES.get(code, code)


def _by_code(text: str) -> dict[str, float]:
    """The probability of each language, the likeliest first; English includes Nigerian Pidgin."""
    chances: dict[str, float] = {}
    for code, chance in _identifier().rank(_read(text)):
        chances.setdefault("en" if code == "pcm" else code, chance)
    return chances


def _chances(text: str) -> dict[str, float]:
    """The probability of each language, the likeliest first; of relatives, that of the likeliest, for all of them."""
    chances: dict[str, float] = {}
    for code, chance in _by_code(text).items():
        chances.setdefault(_RELATIVES.get(code, code), chance)
    return chances


def _likeliest(chances: dict[str, float]) -> str:
    return next(iter(chances))
