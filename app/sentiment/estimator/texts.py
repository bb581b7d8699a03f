"""What scikit-learn calls X, as a list of texts."""

from typing import Any

import numpy as np


def as_texts(values: Any) -> list[str]:
    """The texts of a list, an array, a column of a data frame, or a data frame with one column.

    Raises:
        ValueError: none, several columns, a single string, or something other than strings among them.
    """
    if isinstance(values, str | bytes):
        raise ValueError(f"expected several texts; found a single {type(values).__name__}; give it in a list")
    if hasattr(values, "todense") or hasattr(values, "todok"):
        raise ValueError("expected texts; found a sparse matrix; give the texts themselves, not counts of their words")
    array = np.asarray(values, dtype=object)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise ValueError(
            f"expected one text a row; found an array of shape {array.shape}; give a list of strings, or one column, "
            'such as frame["review"]. Reshape your data if it has a single column.'
        )
    if not len(array):
        raise ValueError("Found array with 0 sample(s) while a minimum of 1 is required: give at least one text.")
    texts = array.tolist()
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            missing = text is None or text != text or type(text).__name__ == "NAType"
            what = "a missing text (NaN)" if missing else f"a {type(text).__name__}"
            remedy = 'leave its row out, or write ""' if missing else "convert it with str(...) if it is a text"
            raise ValueError(f"expected texts; found {what} at position {position}; {remedy}")
    return texts
