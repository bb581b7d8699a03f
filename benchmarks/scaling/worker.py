"""A worker that times steps of a pretraining on random texts; the first one writes its figures to a file.

python -m benchmarks.scaling.worker FILE SETTINGS-AS-JSON
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from sentiment.config import PretrainingConfig
from sentiment.distributed import join
from sentiment.support.quiet import without_native_output


def main(file: Path, settings: dict[str, Any]) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with without_native_output():
        import keras

        from sentiment.networks.language_model import LanguageModel
        from sentiment.support.threads import settle
        from sentiment.text.batches import Batches
        from sentiment.training.epochs import Epochs, words_that_follow
        from sentiment.training.optimizers import adamw
        from sentiment.training.pretraining import recurrent_layer

    workers = join()
    settle(loops=False)
    config = PretrainingConfig(**settings["config"])
    random = np.random.default_rng(1)
    steps, warm = settings["steps"], settings["warm_steps"]
    shape = config.batch_size * 4, config.crop_length
    token_ids = list(random.integers(2, config.vocabulary_size, shape).astype(np.int32))
    keras.utils.set_random_seed(1)
    model = LanguageModel(recurrent_layer(config), config, np.ones(config.vocabulary_size), 1)
    model.compile(optimizer=adamw(config, warm + steps, workers=workers))
    starts: list[tuple[float, float]] = []

    class Clock(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
            starts.append((time.perf_counter(), time.process_time()))

    batches = Batches(token_ids, np.zeros(len(token_ids)), config.batch_size, 1, config.crop_length)
    model.fit(
        Epochs(batches, 0, workers, words_that_follow), steps_per_epoch=warm + steps, shuffle=False, verbose=0,
        callbacks=[Clock()],
    )  # fmt: skip
    if workers.is_first:
        wall, processor = np.diff(np.array(starts[warm - 1 :]), axis=0).T.tolist()
        file.write_text(json.dumps({"seconds": wall, "processor_seconds": processor}), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
