"""The kernel as part of a computation: one module for each back end of Keras, with the same function `run`."""
