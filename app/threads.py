"""How many cores one operation of TensorFlow takes."""

import keras

from app.environment import cores


def settle() -> None:
    """Gives one operation half of the cores, if TensorFlow has not started yet; other back ends are left alone.

    The steps of a recurrent layer are many and small. Split over both of two cores they take longer: a training step
    (128 reviews of 160 tokens) of Keras' LSTM took 1.2 to 1.5 times as long, of its Bidirectional 1.3 to 1.4 times.
    """
    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(max(1, cores() // 2))
        tf.config.threading.set_inter_op_parallelism_threads(cores())
    except RuntimeError:  # it has started, with the settings of whoever started it
        pass
