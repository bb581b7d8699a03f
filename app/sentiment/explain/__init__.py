"""A look inside: what each word adds to the verdict, how the verdict moves while reading, and what the gates do.

Example:
    >>> explanation = Explainer(find_run(MODELS)).explain("Not once was it dull.")
    >>> [ranked.token.text for ranked in explanation.ranked()[:2]]
    ['once', 'dull']

Importing this needs NumPy, onnx, onnxruntime and tokenizers, and neither Keras, TensorFlow nor Matplotlib.
"""

from sentiment.explain.attribution import DEFAULT_METHOD, METHODS
from sentiment.explain.explainer import Explainer, explain
from sentiment.explain.explanation import Explanation, Gates, Token

__all__ = ["DEFAULT_METHOD", "METHODS", "Explainer", "Explanation", "Gates", "Token", "explain"]
