"""Masks in one form, bool[batch, time], whatever form they come in."""

from typing import Any

from keras import KerasTensor, backend, ops

_EXPECTED = "expected a mask of shape [batch, time] or [batch, time, 1], True or not zero at every token to be read"


def real_tokens(mask: Any, sequences: KerasTensor) -> KerasTensor | None:
    """The mask as bool[batch, time], True at the tokens to be read.

    Args:
        mask: bool or any number type, where all but zero is True (NaN too, as in Keras), of shape [batch, time],
            [batch, time, 1], or [1, time] for all rows alike; or a list of masks, as Keras keeps them for layers with
            several inputs: the first counts. None: every token is real, and the result is None.
        sequences: float[batch, time, features], which the mask belongs to.

    Raises:
        ValueError: the mask does not fit the sequences, or is nothing of the above. Sizes that are known only when a
            graph runs are not compared.
    """
    mask = mask[0] if isinstance(mask, list | tuple) and mask else mask
    if mask is None:
        return None
    if not hasattr(mask, "shape") or not hasattr(mask, "dtype"):
        raise ValueError(f"{_EXPECTED}; found {type(mask).__name__} {mask!r:.60}; pass it through numpy.asarray first")
    mask = ops.convert_to_tensor(mask)
    dtype = backend.standardize_dtype(mask.dtype)
    if dtype == "string":
        raise ValueError(f"{_EXPECTED}; found a mask of strings; compare it with the string that stands for padding")
    shape, (batch, time, _) = tuple(mask.shape), tuple(sequences.shape)
    if len(shape) == 3 and shape[2] in (1, None):
        mask, shape = ops.reshape(mask, ops.shape(mask)[:2]), shape[:2]  # fails if a last size of None is not 1
    if not (len(shape) == 2 and _may_equal(shape[0], batch, 1) and _may_equal(shape[1], time)):
        advice = "; reduce it with keras.ops.any(mask, axis=-1)" if len(shape) == 3 else ""
        raise ValueError(
            f"{_EXPECTED}; found shape {_written(mask.shape)} for sequences {_written(sequences.shape)}{advice}"
        )
    mask = mask if dtype == "bool" else ops.cast(mask, "bool")
    if shape[0] == 1 and batch != 1:
        mask = ops.broadcast_to(mask, ops.shape(sequences)[:2])
    return mask


def _may_equal(size: int | None, *allowed: int | None) -> bool:
    return size is None or None in allowed or size in allowed


def _written(shape: Any) -> str:
    return f"[{', '.join('?' if size is None else str(size) for size in shape)}]"
