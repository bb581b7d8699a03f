"""Our own layers. Importing this registers them with Keras, so that saved models load in safe mode."""

from app.layers.fast_path import portable
from app.layers.lstm import LSTM, LSTMCell
from app.layers.pooling import MaskedPooling

__all__ = ["LSTM", "LSTMCell", "MaskedPooling", "portable"]
