"""Our own layers. Importing this registers them with Keras, so that saved models load in safe mode."""

from app.layers.fast_path import portable
from app.layers.lstm import LSTM, LSTMCell
from app.layers.pooling import MaskedPooling
from app.layers.word_dropout import WordDropout

__all__ = ["LSTM", "LSTMCell", "MaskedPooling", "WordDropout", "portable"]
