"""What each phrase adds to the score of a class, how the verdict moves while the review is read, and what the gates do.

Example:
    >>> explanation = Explainer(find_run(MODELS)).explain("Not once was it dull.")
    >>> [ranked.token.text for ranked in explanation.ranked()[:2]]
    ['once', 'dull']

explainer        from a text to its explanation
explanation      the data of an explanation, with JSON both ways
scores           from logits to the score that is explained
attribution      what each token adds to it
occlusion        what phrases add to it, and which words are one
rereading        reads many variants of a review at once
network          the weights of a run, and what its gates do
terminal         an explanation as text
picture          the same as a picture
planted_causes   whether an explanation names the word that decides

Importing this needs neither Keras, pandas nor Matplotlib; explaining also needs onnx and onnxruntime.
"""

from sentiment.explain.attribution import DEFAULT_METHOD, METHODS
from sentiment.explain.explainer import Explainer, explain
from sentiment.explain.explanation import Explanation, Gates, Phrase, Token

__all__ = ["DEFAULT_METHOD", "METHODS", "Explainer", "Explanation", "Gates", "Phrase", "Token", "explain"]
