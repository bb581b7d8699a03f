"""How a layer reads its rows, and what its outputs are."""

from typing import NamedTuple


class Options(NamedTuple):
    """How a layer reads its rows, and what its outputs are."""

    reverse: bool = False  # read the last token first; outputs are in the order of reading
    last_only: bool = False  # one output per row, after its last token
    zero_before: bool = True  # outputs before the first real token are zero; otherwise the initial state
    zero_masked: bool = False  # outputs at masked tokens are zero; otherwise the state before them
