"""How fast a verdict comes, each figure against its peer in the same run, written to a folder:

- predictions.json   everything: each measurement, what it was done with, the targets
- predictions.png    one review alone, and the service under load
- predictions.md     tables

What is timed are networks with fresh weights, saved and exported as a training does it.
"""

import importlib.util
import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.answering import Material
from benchmarks.commands import Command
from benchmarks.load import Load
from benchmarks.networks import make_runs
from benchmarks.prediction_plot import draw_predictions
from benchmarks.prediction_table import prediction_markdown
from benchmarks.prediction_targets import judge_predictions
from benchmarks.record import Note, Written, with_what, write
from benchmarks.rounds import affordable, alternate
from benchmarks.serving import one_by_one, ours, serving
from benchmarks.settings import PredictionSettings
from benchmarks.summary import spread
from benchmarks.talking import Talk, Talks
from benchmarks.ways import (
    IDS,
    KERAS,
    OF_A_RUN,
    OF_A_TRANSFORMER,
    OF_MANY,
    ONNX,
    REVIEWS,
    TEXT,
    TOKENISING,
    Network,
    Question,
    Way,
)
from sentiment.config import TokenizerConfig
from sentiment.data.reviews import Reviews
from sentiment.errors import BenchmarkError
from sentiment.text.cleaning import clean
from sentiment.text.tokenizer import ReviewTokenizer

_SERVED, _ONE_BY_ONE = "sentiment serve", "one text at a time"
_TYPED = "A fine film, and never dull."

_Asked = tuple[Talk, Question]


def benchmark_predictions(folder: Path, reviews: Reviews, settings: PredictionSettings, note: Note) -> Written:
    """Measures everything, then writes; a run that is stopped or fails leaves older files as they are.

    Args:
        folder: for the three files.
        reviews: those of the test split are scored, again from the first on where there are too few.
        settings: how much to do.
        note: is told what is being done, a line at a time.

    Raises:
        BenchmarkError: a way failed, or did not compute what the others do.
        StorageError: no room left, or no permission.
    """
    absent = [way.title for way in OF_A_TRANSFORMER if not _is_installed(way)]
    results = with_what() | {"settings": asdict(settings), "absent": absent}
    with tempfile.TemporaryDirectory(prefix="sentiment-benchmark-") as temporary:
        here = Path(temporary)
        note("making networks with fresh weights")
        material, tokenizer = _material(reviews, settings, here)
        material.write(here / "material.json")
        runs = make_runs(here / "models", tokenizer, settings.networks)
        first = runs[settings.networks[0]]
        results["reviews"] = {"dataset": reviews.name, "number": settings.reviews, "tokens": settings.tokens}
        note("measuring: one review alone")
        results["latency"] = _latency(runs, here / "material.json", settings)
        note(f"measuring: {settings.reviews:,} reviews together")
        results |= _throughput(first, here / "material.json", settings)
        note("measuring: a cold start")
        results["cold_start"] = _cold_start(first, settings)
        note("measuring: the service under load")
        results["load"] = _load(first, here / "material.json", settings)
    results["targets"] = judge_predictions(results)
    picture = draw_predictions(results)
    return write(folder, "predictions", results, picture, prediction_markdown(results))


def _material(reviews: Reviews, settings: PredictionSettings, folder: Path) -> tuple[Material, Path]:
    """What is read, and a tokenizer that was fitted on the training reviews."""
    table = reviews.table
    known = table[table["split"] == "train"] if (table["split"] == "train").any() else table
    tested = table[table["split"] == "test"] if (table["split"] == "test").any() else table
    texts = [text for text in tested["text"] if text.strip()]
    fitted = ReviewTokenizer.fit(map(clean, known["text"]), TokenizerConfig(settings.vocabulary_size))
    path = folder / "tokenizer.json"
    fitted.save(path)
    one = ReviewTokenizer.load(path, TokenizerConfig(max_length=sys.maxsize))  # which shortens nothing
    text, token_ids = _of_length(one, texts, settings.tokens)
    return Material(text, token_ids, list(islice(cycle(texts), settings.reviews))), path


def _of_length(tokenizer: ReviewTokenizer, texts: Sequence[str], tokens: int) -> tuple[str, list[int]]:
    """Reviews, one after the other, up to exactly so many tokens; the last is a full stop, so that nobody adds one."""
    joined = ""
    for text in cycle(texts):
        joined = f"{joined} {clean(text)}"
        [found] = tokenizer.encode([joined])
        if len(found.token_ids) >= tokens:
            break
    text = joined[int(found.offsets[0][0]) : int(found.offsets[tokens - 2][1])] + "."
    [exact] = tokenizer.encode([text])
    return text, exact.token_ids.tolist()


def _latency(runs: dict[Network, Path], material: Path, settings: PredictionSettings) -> list[dict[str, Any]]:
    """A row for each way to read one review with each network, from its text and from its token ids."""
    rows: dict[_Asked, dict[str, Any]] = {}
    right: dict[Any, list[float]] = {}
    from_text, from_ids = (Question(asks, settings.seconds_a_round) for asks in (TEXT, IDS))
    with Talks() as talks:
        started = [
            (network.name, way, talks.add(_answering(way, material, run=str(run))))
            for network, run in runs.items()
            for way in OF_A_RUN
        ]
        sizes = asdict(settings.transformer)
        started += [
            (settings.transformer.name, way, talks.add(_answering(way, material, transformer=sizes)))
            for way in filter(_is_installed, OF_A_TRANSFORMER)
        ]
        for network, way, talk in started:
            for question in (from_text, from_ids) if way in OF_A_RUN else (from_ids,):
                difference = _compared(way, talk, question, right, (network, question))
                rows[talk, question] = _row(way, difference, network=network, asks=question.asks)
        glances = {asked: _seconds(asked) for asked in rows}
        budget = settings.seconds_a_measurement / 2  # warming up takes as long again, where one answer takes long
        rounds = {asked: affordable(glance, settings.rounds, budget) for asked, glance in glances.items()}
        found = alternate(rounds, _seconds)
    return [row | spread(found[asked]) for asked, row in rows.items()]


def _throughput(run: Path, material: Path, settings: PredictionSettings) -> dict[str, Any]:
    """A row for each engine that scores all reviews from their texts, and how long tokenising alone takes."""
    asked = Question(REVIEWS)
    right: dict[Any, list[float]] = {}
    with Talks() as talks:
        started = {way: talks.add(_answering(way, material, run=str(run))) for way in OF_MANY}
        differences = {way: _compared(way, talk, asked, right) for way, talk in started.items()}
        tokenising = started[ONNX], Question(TOKENISING)
        contending = [*((talk, asked) for talk in started.values()), tokenising]
        found = alternate(dict.fromkeys(contending, settings.rounds_of_reviews), _seconds)
    measured = []
    for way, talk in started.items():
        row = _row(way, differences[way], reviews=settings.reviews) | spread(found[talk, asked])
        measured.append(row | {"reviews_per_second": settings.reviews / row["median_seconds"]})
    return {"throughput": measured, "tokenising": spread(found[tokenising]) | {"reviews": settings.reviews}}


def _cold_start(run: Path, settings: PredictionSettings) -> list[dict[str, Any]]:
    """A row for each engine that a whole `sentiment predict` starts with."""
    typed = (sys.executable, "-m", "sentiment", "predict", "--json", "--run", str(run))
    commands = {way: Command(f"sentiment predict, {way.title}", (*typed, *more, _TYPED)) for way, more in _ENGINES}
    with Talks() as talks:
        talk = talks.add(Talk("the process that runs commands", "benchmarks.commands", {}))
        first = {way: talk.step(command) for way, command in commands.items()}  # reads the files from the disk
        said = {way: [json.loads(found["output"])["probability"]] for way, found in first.items()}
        found = alternate(dict.fromkeys(commands, settings.cold_starts), lambda way: talk.step(commands[way]))
    rows = []
    for way, of_all in found.items():
        row = _row(way, _difference(way, said[way], said[KERAS]))
        peaks = [one["peak_bytes"] for one in of_all]
        row["peak_bytes"] = None if None in peaks else max(peaks)
        rows.append(row | spread([one["seconds"] for one in of_all]))
    return rows


_ENGINES: tuple[tuple[Way, tuple[str, ...]], ...] = ((KERAS, ("--engine", KERAS.name)), (ONNX, ()))


def _load(run: Path, material: Path, settings: PredictionSettings) -> list[dict[str, Any]]:
    """A row for each server and number of clients."""
    rows = []
    with ExitStack() as stack:
        talk = stack.enter_context(Talks()).add(
            Talk("the process that asks servers", "benchmarks.load", {"material": str(material)})
        )
        commands = {_SERVED: ours(run), _ONE_BY_ONE: one_by_one(run)}
        addresses = {name: stack.enter_context(serving(command)) for name, command in commands.items()}
        loads = [
            Load(name, address, clients, settings.seconds_of_load)
            for clients in settings.clients
            for name, address in addresses.items()
        ]
        right: dict[Any, list[float]] = {}
        for load in loads[: len(addresses)]:
            _compared(ONNX, talk, replace(load, clients=1), right, "load")
        found = alternate(dict.fromkeys(loads, settings.rounds_of_load), talk.step)
    for load, rounds in found.items():
        row = {"server": load.server, "clients": load.clients}
        row |= {name: sum(one[name] for one in rounds) for name in ("requests", "errors")}
        row |= spread([one["requests_per_second"] for one in rounds], "requests_per_second")
        for name in ("p50_seconds", "p99_seconds"):
            row |= spread([one[name] for one in rounds], name)
        rows.append(row)
    return rows


def _answering(way: Way, material: Path, **given: Any) -> Talk:
    started_with = {"way": way.name, "material": str(material), **given}
    return Talk(way.title, "benchmarks.answering", started_with, way.back_end)


def _seconds(asked: _Asked) -> float:
    return asked[0].seconds(asked[1])


def _row(way: Way, difference: float, **more: Any) -> dict[str, Any]:
    return {**more, "way": way.name, "difference": difference}


def _compared(way: Way, talk: Talk, task: Any, right: dict[Any, list[float]], of: Any = None) -> float:
    """Has it prepare a task, and compares its probabilities with those of whoever was first with that task.

    Raises:
        BenchmarkError: they are further apart than rounding explains.
    """
    talk.ask("prepare", task)
    found = talk.answer()["probabilities"]
    return _difference(way, found, right.setdefault(of or task, found))


def _difference(way: Way, found: Sequence[float], right: Sequence[float]) -> float:
    difference = float(np.abs(np.subtract(found, right)).max())
    if not difference <= way.tolerance:  # also where it is no number
        raise BenchmarkError(
            f"expected {way.title} to give the probabilities that the others give, within {way.tolerance:g}; "
            f"found a difference of {difference:g}"
        )
    return difference


def _is_installed(way: Way) -> bool:
    return importlib.util.find_spec(way.back_end) is not None
