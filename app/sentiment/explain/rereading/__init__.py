"""Reads many variants of one review, each from the first token on in which it differs from the others.

    cells       one step of an LSTM or a GRU, for many rows at once
    reading     a review as it is, and without some of its words, or only up to one

Only `sentiment.explain` imports it.
"""

from sentiment.explain.rereading.cells import Cell, GRUCell, LSTMCell
from sentiment.explain.rereading.reading import BACKWARD, FORWARD, Network, Reading

__all__ = ["BACKWARD", "FORWARD", "Cell", "GRUCell", "LSTMCell", "Network", "Reading"]
