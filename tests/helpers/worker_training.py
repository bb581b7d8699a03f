"""A worker of small trainings, for `tests/distributed`, which writes what it has learnt.

    python -m helpers.worker_training FOLDER

1. 20 steps of a language model and of a classifier, by all workers; then of each by one of them alone.
2. An encoder; the last worker is killed once, inside a step and after the first checkpoint.
3. When all have started again, and that encoder is done: another one without that.
"""

import dataclasses
import os
import signal
import sys
from pathlib import Path

import numpy as np

from sentiment.config import PretrainingConfig
from sentiment.distributed import ALONE, Workers, join

SETTINGS = PretrainingConfig(
    vocabulary_size=40, embedding_size=8, units=12, epochs=8, batch_size=8, crop_length=20, candidates=16,
    learning_rate=0.01, embedding_dropout=0.0, output_dropout=0.0,
)  # fmt: skip
STEPS = 20


def token_ids(count: int) -> list[np.ndarray]:
    random = np.random.default_rng(1)
    return [random.integers(2, 40, length).astype(np.int32) for length in random.integers(1, 25, count)]


def language_model(workers: Workers) -> list[np.ndarray]:
    import keras

    from sentiment.networks.language_model import LanguageModel
    from sentiment.text.batches import Batches
    from sentiment.training.epochs import Epochs, restart_random, words_that_follow
    from sentiment.training.optimizers import adamw
    from sentiment.training.pretraining import recurrent_layer

    keras.utils.set_random_seed(1)
    texts = token_ids(61)  # the last batch has five reviews, and they are of different lengths
    model = LanguageModel(recurrent_layer(SETTINGS), SETTINGS, np.ones(40), 1)
    model.compile(optimizer=adamw(SETTINGS, STEPS, workers=workers))
    restart_random(model, 1, 0, workers.rank)
    batches = Batches(texts, np.zeros(61), SETTINGS.batch_size, 1, SETTINGS.crop_length)
    model.fit(Epochs(batches, 0, workers, words_that_follow), steps_per_epoch=STEPS, shuffle=False, verbose=0)
    return model.get_weights()


def classifier(workers: Workers) -> list[np.ndarray]:
    import keras

    from sentiment.config import Classes, Config
    from sentiment.networks.architectures import build
    from sentiment.networks.heads import ClassLoss, targets
    from sentiment.text.batches import Batches
    from sentiment.training.epochs import Epochs, restart_random
    from sentiment.training.optimizers import adamw
    from sentiment.training.regularisation import regularised

    keras.utils.set_random_seed(1)
    classes, texts = Classes(("a", "b", "c"), ordered=True), token_ids(61)
    config = Config().replace(embedding_size=8, units=12, embedding_dropout=0.0, head_dropout=0.0, learning_rate=0.01)
    model = regularised(build(config.model, 40, 1, classes), config.training, classes)
    model.compile(optimizer=adamw(config.training, STEPS, 0.9, workers=workers), loss=ClassLoss(classes))
    restart_random(model, 1, 0, workers.rank)
    batches = Batches(texts, targets(np.arange(61) % 3, classes), 8, 1, 20)
    model.fit(Epochs(batches, 0, workers), steps_per_epoch=STEPS, shuffle=False, verbose=0)
    return model.get_weights()


def main(folder: Path) -> None:
    workers = join()
    if not (folder / "ended").exists():
        for rank, learn in enumerate((language_model, classifier)):
            together = learn(workers)
            if workers.is_first:
                np.savez(folder / f"{learn.__name__}-together.npz", *together)
            if workers.rank == rank:
                np.savez(folder / f"{learn.__name__}-alone.npz", *learn(ALONE))
    if workers.rank == workers.size - 1:
        end_once_there_is_a_checkpoint(folder)
    pretrain(folder, "killed", workers)
    pretrain(folder, "whole", workers)


def pretrain(folder: Path, name: str, workers: Workers) -> None:
    from sentiment.support.progress import Silence
    from sentiment.training import pretraining
    from sentiment.training.corpora import Texts

    pretraining.SEGMENT = 10
    settings = dataclasses.replace(SETTINGS, epochs=5, embedding_dropout=0.2, output_dropout=0.2)
    words = "one two three four five six seven eight nine ten".split()
    random = np.random.default_rng(3)
    texts = [" ".join(random.choice(words, random.integers(3, 20))) for _ in range(60)]

    class Segments(Silence):
        def epoch(self, line: str) -> None:
            with (folder / f"{name}.txt").open("a", encoding="utf-8") as file:
                file.write(line.partition(":")[0] + "\n")

    corpus = Texts(texts[10:], texts[:10], "tiny", "0" * 64)
    encoder = pretraining.pretrain(corpus, settings, folder / name, Segments(), workers=workers)
    if encoder:
        np.savez(folder / f"{name}.npz", *encoder.weights)


def end_once_there_is_a_checkpoint(folder: Path) -> None:
    """Kills this process inside a step, the first time that it is started."""
    exchange = Workers.means

    def means(self: Workers, *arrays: np.ndarray) -> list[np.ndarray]:
        if (folder / ".training" / "killed" / "state.json").exists() and not (folder / "ended").exists():
            (folder / "ended").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return exchange(self, *arrays)

    Workers.means = means  # type: ignore[method-assign]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
