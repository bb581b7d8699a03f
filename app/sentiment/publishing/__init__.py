"""A saved run for others: `export` writes other formats, `shipping` a small copy, `cards` the model cards.

Most of it imports Keras.
"""
