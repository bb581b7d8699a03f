"""A classifier that counts words, as the least that a trained one has to beat.

Words of praise count 1, words of blame -1; a negation among the three words before turns one. The list has common
words of reviews, those of `sentiment.data.templates` among them, collected without a look at the frames. A text
without such words, or with as many of both kinds, is neutral.
"""

import re

_PRAISE = frozenset(
    "amazing awesome beautiful best better brilliant captivating charming clean clever comfortable delicious "
    "delightful easy enjoy enjoyable enjoyed entertaining excellent exciting fantastic fascinating fast favorite "
    "favourite fine free fresh friendly fun funny glad good gorgeous great gripping happy helpful hilarious impressed "
    "impressive incredible interesting like liked likes love loved lovely loves magnificent marvelous memorable "
    "moving nice outstanding perfect perfectly pleasant pleased powerful quick recommend recommended refreshing "
    "reliable remarkable satisfied smart smooth stunning success superb terrific thank thanks thrilling touching "
    "useful wonderful worth yes".split()
)
_BLAME = frozenset(
    "abysmal angry annoying atrocious avoid awful bad bland bored boring broke broken cheap cheesy cold confusing "
    "crappy crash crashed crashes damaged dead delayed difficult dirty disappointed disappointing disappointment "
    "dislike disliked dreadful dull embarrassing expensive fail failed fails failure fake filthy forgettable hate "
    "hated hates horrible inept irritating lame laughable lost lousy mediocre mess mistake noisy overpriced painful "
    "pathetic pointless poor poorly predictable problem problems refund ridiculous rude sad silly slow stale stupid "
    "tasteless tedious terrible ugly unbearable uncomfortable unfriendly unfunny unhappy unhelpful unreliable "
    "unwatchable useless waste wasted weak worse worst worthless wrong".split()
)
_NEGATIONS = frozenset("no not never nobody nothing none neither nor hardly without cannot".split())
_REACH = 3  # words before
_WORD = re.compile(r"[\w']+")


def word_balance(text: str) -> int:
    """Words of praise less words of blame."""
    words = _WORD.findall(text.lower().replace("\u2019", "'"))
    balance = 0
    for place, word in enumerate(words):
        value = (word in _PRAISE) - (word in _BLAME)
        negated = any(near in _NEGATIONS or near.endswith("n't") for near in words[max(0, place - _REACH) : place])
        balance += -value if negated else value
    return balance
