"""Settings of TensorFlow's threads and memory."""

import ctypes

import keras

from sentiment.support.environment import cores

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3  # from glibc's malloc.h


def settle(*, loops: bool = True) -> None:
    """Prepares this process for training with TensorFlow, before TensorFlow starts.

    - One operation gets half of the cores where Keras' own recurrent layers are trained. Their steps are many and
      small: on all of two cores, a training step (128 reviews of 160 tokens) took 1.2 to 1.5 times as long with Keras'
      LSTM, and 1.3 to 1.4 times with its Bidirectional. Our LSTM divides its work itself, and TensorFlow's operations
      beside it are large: a step of the language model of 512 units took 0.77 s with half of the cores, and 0.58 to
      0.65 s with all.
    - Freed memory is kept for the next step. Returned to the kernel, it would be cleared again, which took a seventh to
      a quarter of the processor time of a step.

    Args:
        loops: another recurrent layer than ours is trained in this process.
    """
    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(max(1, cores() // 2) if loops else cores())
        tf.config.threading.set_inter_op_parallelism_threads(cores())
    except RuntimeError:  # it has started already, with other settings
        pass
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, TypeError, OSError):  # another C library than glibc
        return
    mallopt(_M_MMAP_THRESHOLD, 1 << 30)
    mallopt(_M_TRIM_THRESHOLD, (1 << 31) - 1)
    mallopt(_M_TOP_PAD, 1 << 28)
