"""Sentiment of reviews: train four recurrent classifiers, compare them honestly, use them anywhere.

Importing this package, or any module in it, reads nothing, prints nothing and starts nothing.
"""

__version__ = "0.1.0"
