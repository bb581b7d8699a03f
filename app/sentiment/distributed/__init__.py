"""One training on several processes, on one machine or on many: each computes the gradient of its part of a batch.

workers.py      the processes of a training, and what they tell each other (torch.distributed, gloo)
gradients.py    the mean of all their gradients
launching.py    starts the processes of one machine, and starts them again from the last checkpoint

Each worker makes the whole batch of a step and takes its rows, so batches do not depend on the number of workers. A
part counts as much as it has words, so the mean of the gradients is the gradient of the whole batch.
"""

from sentiment.distributed.gradients import mean_gradients
from sentiment.distributed.launching import is_worker, launch
from sentiment.distributed.workers import ALONE, Workers, join

__all__ = ["ALONE", "Workers", "is_worker", "join", "launch", "mean_gradients"]
