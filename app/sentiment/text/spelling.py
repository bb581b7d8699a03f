"""Different spellings of one piece: "dont" for "don't", "9 out of 10" for "9/10", an emoji with a skin tone.

A vocabulary counts them together, and `tokenizer.json` has every spelling with the same id. So whatever reads that file
understands them, and a token covers its characters of the original text whatever it is called.
"""

from collections.abc import Collection, Mapping

from sentiment.text.emoji import EMOTICONS, dressed, is_emoji, undressed
from sentiment.text.ratings import SPELLINGS as RATINGS
from sentiment.text.ratings import STEPS

# Only what is no other English word without its apostrophe, which "its", "were", "well", "ill" and "hell" are. "wont"
# and "cant" are words, too, but a hundred times as often they stand for "won't" and "can't".
_NEGATIONS = "ain aren can couldn didn doesn don hadn hasn haven isn mightn mustn needn shouldn wasn weren won wouldn"
_OTHERS = (
    "i'm i've you're you've you'll you'd we've they're they've they'll they'd he's she's that's that'll there's here's "
    "what's where's who's how's it'll it'd could've should've would've y'all"
)
CONTRACTIONS: Mapping[str, str] = {
    word.replace("'", ""): word for word in [*(f"{stem}'t" for stem in _NEGATIONS.split()), *_OTHERS.split()]
}
_TYPOGRAPHIC = {"'": "\u2019\u2018", '"': "\u201c\u201d\u201e\u00ab\u00bb"}
_FARTHEST = 2  # steps of a rating, each of 10%
_SIGMA, _LAST_SIGMA = "\u03c3", "\u03c2"  # of Greek words, which capitals do not tell apart


def usual_spellings(counts: Mapping[str, int]) -> dict[str, str]:
    """The usual spelling of each piece.

    Args:
        counts: how often each piece occurs in the training reviews. A word that lacks its apostrophe is the one with it
            only if that is more frequent there: "dont" is a word of French.
    """

    def usual(piece: str) -> str:
        contraction = CONTRACTIONS.get(piece, "")
        if counts.get(contraction, 0) > counts[piece]:
            return contraction
        if spelling := RATINGS.get(piece) or EMOTICONS.get(piece):
            return spelling
        return undressed(piece) if is_emoji(piece) else piece.replace(_LAST_SIGMA, _SIGMA)

    return {piece: usual(piece) for piece in counts}


def other_spellings(words: Collection[str]) -> dict[str, str]:
    """What else is read as a word of a vocabulary, with that word.

    A step of ratings that the vocabulary lacks is read as the nearest that it has, if there is one 20% away at most.

    Args:
        words: of the vocabulary, in their usual spelling.
    """
    others = {spelling: step for spelling, rating in RATINGS.items() if (step := _nearest(rating, words))}
    others |= {spelling: usual for spelling, usual in EMOTICONS.items() if usual in words}
    others |= {spelling: usual for spelling, usual in CONTRACTIONS.items() if usual in words}
    for word in words:
        if word in _TYPOGRAPHIC or ("'" in word and any(map(str.isalpha, word))):
            quotes = _TYPOGRAPHIC[word] if word in _TYPOGRAPHIC else _TYPOGRAPHIC["'"][0]
            others |= {word.replace(word if word in _TYPOGRAPHIC else "'", quote): word for quote in quotes}
        elif word.endswith(_SIGMA):
            others[word[: -len(_SIGMA)] + _LAST_SIGMA] = word
        elif is_emoji(word):
            others |= dict.fromkeys(dressed(word), word)
    return {spelling: word for spelling, word in others.items() if spelling not in words}


def _nearest(rating: str, words: Collection[str]) -> str | None:
    place = STEPS.index(rating)
    near = sorted((abs(i - place), step) for i, step in enumerate(STEPS) if step in words)
    return near[0][1] if near and near[0][0] <= _FARTHEST else None
