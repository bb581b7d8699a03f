"""Our own layers: a custom LSTM, its cell, and pooling that respects masks; and the LSTM in NumPy, `reference`.

Each is imported when it is first used. Importing one registers it with Keras, so that saved models load in safe mode.
"""

from typing import TYPE_CHECKING

from sentiment.support.lazy import lazy_names

if TYPE_CHECKING:
    from sentiment.layers.fast.path import portable
    from sentiment.layers.lstm import LSTM, LSTMCell
    from sentiment.layers.pooling import MaskedPooling

__all__ = ["LSTM", "LSTMCell", "MaskedPooling", "portable"]
__getattr__ = lazy_names(
    __name__,
    {
        "LSTM": "sentiment.layers.lstm",
        "LSTMCell": "sentiment.layers.lstm",
        "MaskedPooling": "sentiment.layers.pooling",
        "portable": "sentiment.layers.fast.path",
    },
)
