"""Rows of token ids as one matrix, padded on the right with id 0.

[[21, 76, 4, 9],        lengths 4 and 2, padded to 4
 [33,  5, 0, 0]]
"""

from collections.abc import Sequence

import numpy as np

from sentiment.text.tokenizer import PADDING_ID


def pad(token_ids: Sequence[np.ndarray], length: int | None = None) -> np.ndarray:
    """int32[batch, length]: the rows, padded to `length` or to the longest of them."""
    padded = np.full((len(token_ids), length or max(map(len, token_ids))), PADDING_ID, np.int32)
    for row, ids in zip(padded, token_ids, strict=True):
        row[: len(ids)] = ids
    return padded
