"""The project's own layers: an LSTM, its cell, and pooling that respects masks; `reference` is the LSTM in NumPy.

Each is imported on first use, and registered with Keras, so that saved models load in safe mode.
"""

from typing import TYPE_CHECKING

from sentiment.support.extras import lazy_names

if TYPE_CHECKING:
    from sentiment.layers.cell import LSTMCell
    from sentiment.layers.fast.path import portable
    from sentiment.layers.lstm import LSTM
    from sentiment.layers.pooling import MaskedPooling

__all__ = ["LSTM", "LSTMCell", "MaskedPooling", "portable"]
__getattr__ = lazy_names(
    __name__,
    {
        "LSTM": "sentiment.layers.lstm",
        "LSTMCell": "sentiment.layers.cell",
        "MaskedPooling": "sentiment.layers.pooling",
        "portable": "sentiment.layers.fast.path",
    },
)
