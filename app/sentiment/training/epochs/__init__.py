"""What `fit` needs: batches across epochs, the state of a training, and callbacks that judge, save and stop.

A training that was stopped or killed at any moment continues from its checkpoint, also inside an epoch, and ends with
the weights of one that was not.

batches.py       the batches of all epochs in a row
checkpoints.py   the state of a training, saved each minute and after each epoch
recorders.py     the callbacks
"""

from sentiment.training.epochs.batches import Epochs, words_that_follow
from sentiment.training.epochs.checkpoints import Checkpoint, Progress, restart_random, restored
from sentiment.training.epochs.recorders import EpochRecorder, SegmentRecorder

__all__ = [
    "Checkpoint",
    "EpochRecorder",
    "Epochs",
    "Progress",
    "SegmentRecorder",
    "restart_random",
    "restored",
    "words_that_follow",
]
