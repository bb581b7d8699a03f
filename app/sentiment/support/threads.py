"""How TensorFlow uses the cores and the memory of this machine."""

import ctypes

import keras

from sentiment.support.environment import cores

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3  # names in glibc's malloc.h


def settle(*, loops: bool = True) -> None:
    """Prepares this process for training; only the TensorFlow back end needs it, and only before it has started.

    - One operation gets half of the cores where Keras' own recurrent layers learn. Their steps are many and small;
      split over both of two cores they take longer: a training step (128 reviews of 160 tokens) of Keras' LSTM took
      1.2 to 1.5 times as long, of its Bidirectional 1.3 to 1.4 times. Our LSTM shares the work among the cores itself,
      and what is left to TensorFlow beside it is large: a step of the language model of 512 units took 0.77 s with
      half of the cores, and 0.58 to 0.65 s with all.
    - Freed memory is kept for the next step instead of given back to the kernel, which would clear every page again: a
      seventh to a quarter of the time the cores were busy in a step went into that.

    Args:
        loops: a recurrent layer other than ours learns in this process.
    """
    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(max(1, cores() // 2) if loops else cores())
        tf.config.threading.set_inter_op_parallelism_threads(cores())
    except RuntimeError:  # it has started, with the settings of whoever started it
        pass
    _keep_freed_memory()


def _keep_freed_memory() -> None:
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, TypeError, OSError):  # another C library than glibc
        return
    mallopt(_M_MMAP_THRESHOLD, 1 << 30)
    mallopt(_M_TRIM_THRESHOLD, (1 << 31) - 1)
    mallopt(_M_TOP_PAD, 1 << 28)
