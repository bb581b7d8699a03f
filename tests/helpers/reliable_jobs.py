"""Long work in processes that can be killed, and what it leaves, as far as it may not depend on a kill."""

import csv
import json
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.reliability import FULL

if TYPE_CHECKING:
    from sentiment.data.splits import Splits

KILLS = 20 if FULL else 1
# A process that has imported everything, from which each job is a fork: TensorFlow's import takes longer than a job.
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["sentiment.experiments.label_efficiency", "sentiment.training.pretraining"])

Job = Callable[[Path], None]


class _Log:
    """Prints the events of a training."""

    def note(self, line: str) -> None:
        print(line, flush=True)

    def start(self, name: str, steps: int, done: int) -> None:  # noqa: ARG002
        print("start at step", done, flush=True)
        self._done = done

    def step(self) -> None:
        self._done += 1
        print("steps taken:", self._done, flush=True)

    def epoch(self, line: str) -> None: ...


def start(job: Job, folder: Path, seconds: float = 0.0) -> ForkServerProcess:
    """Starts a job that saves its state every so many seconds; 0: after every step."""
    process = _forks.Process(target=_run, args=(job, folder, seconds))
    process.start()
    return process


def _run(job: Job, folder: Path, seconds: float) -> None:
    os.environ["SENTIMENT_CHECKPOINT_SECONDS"] = str(seconds)
    with (folder / "output").open("a") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    job(folder)


def finish(job: Job, folder: Path, seconds: float = 0.0) -> float:
    """Runs a job to its end, and gives the seconds from its first write on."""
    process = start(job, folder, seconds)
    begun = wait_for_beginning(process, folder)
    process.join(300)
    assert process.exitcode == 0, (folder / "output").read_text()[-2000:]
    return time.monotonic() - begun


def wait_for_beginning(process: ForkServerProcess, folder: Path) -> float:
    """Waits until a job has written something, or has ended."""
    while process.is_alive() and not (folder / "models").exists():
        time.sleep(0.002)
    return time.monotonic()


def steps_in(folder: Path) -> int:
    """Steps that the jobs in a folder have taken, together."""
    log = folder / "output"
    return log.read_text().count("steps taken") if log.exists() else 0


def kill_at(job: Job, folder: Path, steps: int, seconds: float) -> None:
    """Kills a job so many seconds after so many steps; after its first write, where the steps are 0."""
    before = steps_in(folder)
    process = start(job, folder)
    wait_for_beginning(process, folder)
    while process.is_alive() and steps_in(folder) < before + steps:
        time.sleep(0.002)
    process.join(seconds)
    process.kill()
    process.join(60)


def instants(steps: int, seconds: float) -> list[tuple[int, float]]:
    """Random instants to kill a job at, as steps and seconds; printed, so that a failure can be repeated.

    In the full form each is anywhere in the job. In the short one it leaves much of it to do.
    """
    seed = int(os.environ.get("SENTIMENT_RELIABILITY_SEED") or time.time())
    rng = random.Random(seed)
    last = steps if FULL else steps // (KILLS + 1)
    chosen = [
        (rng.randint(1, last), rng.uniform(0, 0.2)) if steps else (0, rng.uniform(0, seconds)) for _ in range(KILLS)
    ]
    print(f"SENTIMENT_RELIABILITY_SEED={seed}: killed at steps and seconds {chosen}", file=sys.stderr)
    return chosen


def names_below(folder: Path) -> list[str]:
    """All files and folders but the log of the job."""
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    return sorted(name for name in names if name != "output")


def _splits() -> "Splits":
    from helpers.trained import good_and_bad
    from sentiment.data.splits import DatasetInfo, Examples, Splits

    examples = good_and_bad(200)
    parts = [Examples(examples.texts[a:b], examples.labels[a:b]) for a, b in ((0, 120), (120, 160), (160, 200))]
    info = DatasetInfo(
        name="tiny", source="tests", reviews=200, content_hash="0" * 64, train=120, validation=40, test=40,
        unlabelled=0, duplicates_removed=0, test_overlap_removed=0, unlabelled_overlap_removed=0,
    )  # fmt: skip
    return Splits(*parts, [], info)


def trains(folder: Path) -> None:
    """A small network, of which all that is random is in use: dropout, dropped words, excerpts, averages."""
    from sentiment.config import Config
    from sentiment.training.classifier import train
    from sentiment.training.encoding import encode

    config = Config().replace(
        architecture="gru", preset="tiny", embedding_size=8, units=8, batch_size=16, epochs=3 if FULL else 2,
        minimum_steps=1, learning_rate=0.02, averaging=0.9, max_length=16, patience=4, word_dropout=0.1,
        embedding_dropout=0.2, excerpts=20,
    )  # fmt: skip
    splits = _splits()
    train(encode(splits, config.tokenizer), config, folder / "models", _Log())


def weights_of_training(folder: Path) -> Any:
    """The network, bit by bit, and the history without its times."""
    (run,) = (folder / "models").glob("gru*")
    with (run / "history.csv").open(newline="") as file:
        history = [{name: cell for name, cell in row.items() if "second" not in name} for row in csv.DictReader(file)]
    return (run / "model.onnx").read_bytes(), (run / "test_predictions.csv").read_bytes(), history


def pretrains(folder: Path) -> None:
    """A small language model with dropout, in segments of ten steps."""
    from helpers.trained import good_and_bad
    from sentiment.config import PretrainingConfig
    from sentiment.training import corpora, pretraining

    pretraining.SEGMENT = 10
    config = PretrainingConfig(
        vocabulary_size=50, embedding_size=8, units=12, epochs=2, batch_size=8, crop_length=20, candidates=16,
        learning_rate=0.02, embedding_dropout=0.2, output_dropout=0.2,
    )  # fmt: skip
    texts = good_and_bad(140).texts
    corpus = corpora.Texts(texts[:120], texts[120:], "tiny", "0" * 64)
    pretraining.pretrain(corpus, config, folder / "models" / "encoder", _Log())


def weights_of_pretraining(folder: Path) -> Any:
    """The encoder, bit by bit, and figures that its other weights decide."""
    import numpy as np

    encoder = folder / "models" / "encoder"
    metrics = json.loads((encoder / "metrics.json").read_text())
    losses = [row["train_loss"] for row in metrics["history"]]
    with np.load(encoder / "encoder.npz") as arrays:
        return [arrays[name].tobytes() for name in arrays.files], metrics["held_out_perplexity"], losses


def measures_label_efficiency(folder: Path) -> None:
    """Networks and linear models on a draw of forty labels, from an encoder with random weights."""
    from dataclasses import asdict

    import numpy as np

    from sentiment.config import PRESETS, Config, PretrainingConfig, TokenizerConfig
    from sentiment.experiments.label_efficiency import measure_label_efficiency
    from sentiment.text.tokenizer import ReviewTokenizer
    from sentiment.training.encoders import load_encoder, save_encoder

    tiny = Config().replace(units=8, embedding_size=8, batch_size=8, epochs=1, minimum_steps=1, averaging=0.9)
    for name in ("standard", "few-labels"):
        PRESETS[name] = tiny.replace(preset=name)
    splits = _splits()
    place = folder / "encoder"
    if not place.exists():
        config = PretrainingConfig(vocabulary_size=30, embedding_size=8, units=8)
        tokenizer = ReviewTokenizer.fit(splits.train.texts, TokenizerConfig(vocabulary_size=30))
        shapes = [(tokenizer.vocabulary_size, 8), (8, 32), (8, 32), (32,)]
        weights = [np.random.default_rng(1).normal(0, 0.1, shape).astype(np.float32) for shape in shapes]
        metrics = {
            "name": "encoder", "reads": "lstm", "held_out_perplexity": 9.0, "held_out_reviews": 1, "reviews": 1,
            "tokens": 1, "train_seconds": 1.0, "built_from": {}, "history": [], "identity": {"config": asdict(config)},
            "dataset": "tiny", "versions": {}, "machine": {},
        }  # fmt: skip
        save_encoder(place, config, tokenizer, weights, metrics, np.zeros(0, np.uint32))
    results = measure_label_efficiency(
        splits, load_encoder(place), folder / "models", _Log(), sizes=[40], draws=1, names=["lstm"]
    )
    (folder / "models" / "cells.json").write_text(json.dumps(results["cells"]))


def cells_of_label_efficiency(folder: Path) -> Any:
    """All cells without their times."""
    cells = json.loads((folder / "models" / "cells.json").read_text())
    return [{name: value for name, value in cell.items() if name != "seconds"} for cell in cells]


def adapts(folder: Path) -> None:
    """The shipped compact model to other texts, by the command."""
    from helpers.trained import good_and_bad
    from sentiment.cli import app

    examples = good_and_bad(200)
    with (folder / "mine.csv").open("w", newline="") as file:
        rows = zip(examples.texts, ["fine" if label else "poor" for label in examples.labels], strict=True)
        csv.writer(file).writerows([("text", "label"), *rows])
    source = Path(__file__).parents[2] / "models" / "imdb" / "compact"
    options = ["--data", str(folder / "mine.csv"), "--run", str(source), "--models", str(folder / "models")]
    app(["adapt", *options, "--labels", "classes"], standalone_mode=False)


def network_of_adaptation(folder: Path) -> Any:
    """The network, bit by bit, which loads as a whole run."""
    from sentiment.runs.saved_run import load_run

    return (load_run(folder / "models" / "mine" / "adapted").folder / "model.onnx").read_bytes()


def trains_by_command(folder: Path) -> None:
    """As `trains`, inside what the commands put around a training."""
    import typer

    from sentiment.cli.console import long_work

    try:
        with long_work():
            trains(folder)
    except typer.Exit as ended:
        sys.exit(ended.exit_code)
