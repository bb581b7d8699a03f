"""The mean loss of a sampled softmax: compiled on a CPU under TensorFlow, in Keras' operations elsewhere.

x = states @ kernel + bias                                             the vector of the expected word
r, z = x . right_vector + right_bias, x @ sample_vectors.T + sample_bias
loss = logsumexp([r, z]) - r
"""

from typing import Any

import keras
from keras import KerasTensor, ops

from sentiment.layers.fast import path
from sentiment.networks.sampled.logits import IMPOSSIBLE, Logits
from sentiment.text.tokenizer import PADDING_ID


def choose(batch: int | None, features: int, units: int, compute_dtype: str) -> Any:
    """The back end of products for `mean_loss`: that of the LSTM before it. None: Keras' operations.

    Args:
        batch: rows, if known.
        features: of a word.
        units: of the LSTM.
        compute_dtype: of its policy.
    """
    is_compiled = keras.backend.backend() == "tensorflow" and compute_dtype in ("float32", "bfloat16")
    if not is_compiled or not path.is_available():
        return None
    from sentiment.layers.fast import selection

    return selection.choose(selection.shape_of(batch, features, units, compute_dtype)).backend


def mean_loss(backend: Any, inputs: Logits, following: KerasTensor, sample: KerasTensor) -> KerasTensor:
    """The mean over all tokens that are followed by a word, in nats.

    Args:
        backend: from `choose`. With one of bfloat16 only the products are narrow.
        inputs: of the logits.
        following: int32[tokens], the right words; `PADDING_ID` where none follows.
        sample: int32[sample], the words to compare with. One that is the right word does not count twice.
    """
    if backend is not None:
        from sentiment.networks.sampled import in_tensorflow

        return in_tensorflow.mean_loss(backend, inputs, following, sample)
    expected = ops.matmul(inputs.states, inputs.kernel) + inputs.bias
    right = ops.sum(expected * inputs.right_vectors, axis=-1) + inputs.right_bias
    others = ops.matmul(expected, ops.transpose(inputs.sample_vectors)) + inputs.sample_bias
    others = ops.where(ops.equal(following[:, None], sample[None, :]), IMPOSSIBLE, others)
    losses = ops.logaddexp(right, ops.logsumexp(others, axis=-1)) - right
    real = ops.cast(ops.not_equal(following, PADDING_ID), losses.dtype)
    return ops.sum(losses * real) / ops.maximum(ops.sum(real), 1.0)
