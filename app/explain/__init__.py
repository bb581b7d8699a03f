"""A look inside: what each word adds to the verdict, how the verdict moves while reading, and what the gates do.

Example:
    >>> explanation = Explainer(find_run(MODELS)).explain("Not once was it dull.")
    >>> [ranked.token.text for ranked in explanation.ranked()[:2]]
    ['once', 'dull']

Importing this needs NumPy, onnx, onnxruntime and tokenizers, and neither Keras, TensorFlow nor Matplotlib.
"""

from app.explain.attribution import DEFAULT_METHOD, METHODS
from app.explain.explainer import Explainer, explain
from app.explain.explanation import Explanation, Gates, Token

__all__ = ["DEFAULT_METHOD", "METHODS", "Explainer", "Explanation", "Gates", "Token", "explain"]
