"""What the name of a label column says against the usual meaning of its values.

complaint, is_negative, toxic, churned    a 1 or a "yes" is the bad side
rank, Schulnote                           a 1 is the best
"""

import re
from collections.abc import Mapping

from sentiment.config import POSITIVE
from sentiment.data.labels.schemes import Scheme
from sentiment.data.labels.values import is_number
from sentiment.errors import ReviewsError

# Beginnings of words, which must not be denied.
_BAD = re.compile(
    r"negativ|complain|toxic|churn|hate|offens|abus|insult|spam|problem|defect|fault|fail|cancel|refund|detract|unhappy"
    r"|dissatisf|unsatisf|disappoint|dislik|angry|anger|sarcas|reklam|beschwerde|unzufrieden"
)
_GOOD = re.compile(r"no|not|non|free|solved|resolved|ok|safe|positiv\w*|enjoy\w*|recommend\w*|good|happy")
_WORD = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+")
_BEST_FIRST = re.compile(r"rank|ranking|place|schulnoten?")
_YES_OR_NO = ({"0", "1"}, {"-1", "1"}, {"no", "yes"}, {"false", "true"})


def require_usual_sense(name: str, scheme: Scheme, shown: Mapping[str, str], source: object) -> None:
    """Refuses a scheme that was recognised by its values where the name of the column says the opposite.

    Args:
        name: of the label column.
        scheme: that was recognised.
        shown: how the file writes each value.
        source: for the message.

    Raises:
        ReviewsError: with the options that say either meaning.
    """
    values, words = list(scheme.index_of), [word.lower() for word in _WORD.findall(name)]
    is_bad = any(map(_BAD.match, words)) and not any(map(_GOOD.fullmatch, words))
    if len(set(scheme.index_of.values())) < 2:
        return  # refused for it
    if is_bad and scheme.classes.names[-1] == POSITIVE and any(set(values) <= pair for pair in _YES_OR_NO):
        good = next(value for value in values if scheme.index_of[value])
        bad = next(value for value in values if not scheme.index_of[value])
        usual, other = (f"'{shown[a]}=negative; {shown[b]}=positive'" for a, b in ((bad, good), (good, bad)))
        raise ReviewsError(
            f"expected a label column in {source} of which {shown[good]} is the good side; found {name!r}, whose name "
            f"says that it is the bad one; say what is meant with --labels {other}, or {usual}"
        )
    if not (all(map(is_number, values)) and scheme.classes.ordered and _BEST_FIRST.fullmatch("".join(words))):
        return
    raise ReviewsError(
        f"expected a label column in {source} whose largest number is the best; found {name!r}, of which the smallest "
        "one may be; say what is meant, for example --labels '1,2=positive; 3=neutral; 4,5=negative', or --labels "
        "grades"
    )
