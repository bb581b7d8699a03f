"""What the logits of a sampled softmax are computed from."""

from typing import Any, NamedTuple

IMPOSSIBLE = -1e9  # a logit


class Logits(NamedTuple):
    """Arrays or tensors of float32; or the gradients with respect to them."""

    states: Any  # [tokens, units]
    kernel: Any  # [units, features], of the projection
    bias: Any  # [features]
    right_vectors: Any  # [tokens, features]
    right_bias: Any  # [tokens]
    sample_vectors: Any  # [sample, features]
    sample_bias: Any  # [sample]
