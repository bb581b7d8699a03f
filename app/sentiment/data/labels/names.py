"""What the name of a label column says against the usual meaning of its values.

complaint, is_negative, toxic, churned    a 1 or a "yes" is the bad side
rank, Schulnote                           a 1 is the best
"""

import re
from collections.abc import Mapping

from sentiment.config import POSITIVE
from sentiment.data.labels.schemes import Scheme
from sentiment.errors import ReviewsError

_BAD = re.compile(
    r"negativ|complain|toxic|churn|hate|offens|abus|insult|spam|problem|defect|fault|fail|cancel|refund|detract|unhappy"
    r"|dissatisf|angry|anger|sarcas"
)
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
    values = list(scheme.index_of)
    plain = re.sub(r"[\W_]+", "", name.casefold())
    if scheme.classes.names[-1] == POSITIVE and any(set(values) <= pair for pair in _YES_OR_NO) and _BAD.search(plain):
        good = next(value for value in values if scheme.index_of[value])
        bad = next((value for value in values if not scheme.index_of[value]), good)
        usual, other = (f"'{shown[a]}=negative; {shown[b]}=positive'" for a, b in ((bad, good), (good, bad)))
        raise ReviewsError(
            f"expected a label column in {source} of which {shown[good]} is the good side; found {name!r}, whose name "
            f"says that it is the bad one; say what is meant with --labels {other}, or {usual}"
        )
    if not scheme.classes.ordered or not _BEST_FIRST.fullmatch(plain):
        return
    raise ReviewsError(
        f"expected a label column in {source} whose largest number is the best; found {name!r}, of which the smallest "
        "one may be; say what is meant, for example --labels '1,2=positive; 3=neutral; 4,5=negative', or --labels "
        "grades"
    )
