"""What each phrase adds to the score of a class, how the verdict moves while the review is read, and what the gates do.

Example:
    >>> explanation = Explainer(find_run(MODELS)).explain("Not once was it dull.")
    >>> [ranked.token.text for ranked in explanation.ranked()[:2]]
    ['once', 'dull']

Importing this needs neither Keras, pandas nor Matplotlib; explaining also needs onnx and onnxruntime.
"""

from sentiment.explain.attribution import DEFAULT_METHOD, METHODS
from sentiment.explain.explainer import Explainer, explain
from sentiment.explain.explanation import Explanation, Gates, Phrase, Token

__all__ = ["DEFAULT_METHOD", "METHODS", "Explainer", "Explanation", "Gates", "Phrase", "Token", "explain"]
