"""The commands: read what was typed, call what does it, print what came of it."""

import contextlib
import io
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer
from rich.console import Console

from app import __version__
from app.errors import ReviewsError, SentimentError, StorageError, UserError
from app.quiet import without_native_output
from app.storage import storage_errors

if TYPE_CHECKING:
    from app.benchmark.record import Written
    from app.inference import Prediction
    from app.progress import ProgressBar
    from app.report import ReportPaths
    from app.reviews import Reviews
    from app.runs import SavedRun
    from app.text_files import TextRows

ROOT = Path(__file__).parent.parent
MODELS = ROOT / "models"
DATA = ROOT / "data"
CACHE = DATA / "cache"

app = typer.Typer(
    help="Sentiment of reviews: train four recurrent classifiers, compare them honestly, use them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
benchmark = typer.Typer(help="Speed, side by side, in one run.", no_args_is_help=True)
app.add_typer(benchmark, name="benchmark")
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

DataOption = Annotated[
    Path | None,
    typer.Option(
        help="Reviews: the aclImdb archive or folder, or a CSV, TSV, Parquet or JSONL file. "
        "Default: the archive in data/, else its download, else the bundled sample.",
        envvar="SENTIMENT_DATA",
    ),
]
TextColumnOption = Annotated[str | None, typer.Option(help="Column that holds the text. Default: review or text.")]
LabelColumnOption = Annotated[str | None, typer.Option(help="Column of the label. Default: sentiment or label.")]
RejectsOption = Annotated[
    Path | None, typer.Option(help="Write empty reviews and unknown labels to this CSV instead of refusing the file.")
]
ModelsOption = Annotated[Path, typer.Option(help="Folder of the saved runs.", show_default="models/")]
RunOption = Annotated[str | None, typer.Option("--run", help="A saved run: its folder, dataset/name, or name.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]

# What fits into eighty characters; the report has them all.
_TERMINAL_COLUMNS = ("Model", "Test accuracy", "95% interval", "Log loss", "Seconds per epoch", "Tokens per second")


def _version(asked: bool) -> None:
    if asked:
        out.print(__version__)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    """Sentiment of reviews."""


@app.command()
def train(
    data: DataOption = None,
    preset: Annotated[
        str | None, typer.Option(help="Named settings: standard, quick or sample. Default: standard, or the sample's.")
    ] = None,
    only: Annotated[str | None, typer.Option(help="Architectures, separated by commas. Default: all four.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Train each architecture with the seeds 1 to this.")] = 1,
    setting: Annotated[list[str] | None, typer.Option("--set", help="Change a setting: units=64. Repeatable.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Train runs anew that are already there.")] = False,
    baselines: Annotated[bool, typer.Option(help="Fit the linear baselines, too.")] = True,
    from_pretrained: Annotated[
        list[Path] | None,
        typer.Option(help="Start from this pretrained encoder, the folder that pretrain wrote. Repeatable."),
    ] = None,
    teacher: Annotated[
        list[str] | None, typer.Option(help="A saved run, or nb-svm, to learn from beside the labels. Repeatable.")
    ] = None,
    text_column: TextColumnOption = None,
    label_column: LabelColumnOption = None,
    rejects: RejectsOption = None,
    models: ModelsOption = MODELS,
    as_json: JsonOption = False,
) -> None:
    """Train the architectures on reviews, compare them with linear models, and write the report."""
    from app.config import customised, default_preset, pretrained_preset

    if preset or setting:
        customised(preset or "standard", setting or [])  # a mistake in these is said before the reviews are read
    names = [name.strip() for name in only.split(",")] if only else None
    reviews = _reviews(data, text_column, label_column, rejects)
    default = pretrained_preset(reviews.labelled) if from_pretrained else default_preset(reviews.name)
    config = customised(preset or default, setting or [])
    with without_native_output():
        from app.baselines import BASELINES
        from app.comparison import compare
        from app.encoders import load_encoder
        from app.runs import find_run
    encoders = [load_encoder(folder) for folder in from_pretrained or ()]
    teachers = [name if name in BASELINES else find_run(models, name) for name in teacher or ()]
    with _long_work() as report:
        written = compare(
            reviews, config, names, seeds, models, report,
            again=again, baselines=baselines, encoders=encoders, teachers=teachers,
        )  # fmt: skip
    _print_report(written, as_json)


@app.command()
def pretrain(
    data: DataOption = None,
    name: Annotated[str, typer.Option(help="Name of the encoder's folder.")] = "encoder",
    setting: Annotated[list[str] | None, typer.Option("--set", help="Change a setting: units=256. Repeatable.")] = None,
    minutes: Annotated[
        float | None, typer.Option(min=1, help="Stop after so many, and go on the next time. Default: to the end.")
    ] = None,
    beside: Annotated[
        Path | None, typer.Option(help="For reads=bilstm: the encoder that reads forward; the way back is learnt.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Train anew what is already there.")] = False,
    text_column: TextColumnOption = None,
    label_column: LabelColumnOption = None,
    rejects: RejectsOption = None,
    models: ModelsOption = MODELS,
) -> None:
    """Learn from the training reviews without their labels: a language model, whose encoder classifiers start from."""
    from app.config import Config, PretrainingConfig

    with without_native_output():
        from app.encoders import load_encoder
        from app.pretraining import corpus, replaced
        from app.pretraining import pretrain as pretrained
        from app.threads import settle

    config = replaced(PretrainingConfig(), setting or [])
    forward = load_encoder(beside) if beside else None
    reviews = _reviews(data, text_column, label_column, rejects, labels_wanted=False)
    settle()
    with _long_work() as report:
        texts = corpus(reviews, Config().split)
        encoder = pretrained(texts, config, models / reviews.name / name, report, minutes, beside=forward, again=again)
    if encoder is None:
        err.print("the minutes are over and the state is written; run the same command to go on")
        return
    perplexity = encoder.metrics["held_out_perplexity"]
    out.print(f"{encoder.folder}: perplexity {perplexity:.1f} on held-out reviews", soft_wrap=True)


@app.command("label-efficiency")
def label_efficiency(
    data: DataOption = None,
    from_pretrained: Annotated[
        Path | None,
        typer.Option(help="The pretrained encoder. Default: the one that pretrain wrote for these reviews."),
    ] = None,
    sizes: Annotated[
        str | None,
        typer.Option(help="Labels in a draw, separated by commas. Default: 100,300,1000,3000,10000,25000."),
    ] = None,
    draws: Annotated[int, typer.Option(min=1, help="Random draws of each size.")] = 3,
    only: Annotated[
        str | None, typer.Option(help="Architectures, separated by commas. Default: the first that fits the encoder.")
    ] = None,
    test_reviews: Annotated[
        int | None, typer.Option(min=1, help="Measure on so many of the test reviews, for speed. Default: all.")
    ] = None,
    text_column: TextColumnOption = None,
    label_column: LabelColumnOption = None,
    rejects: RejectsOption = None,
    models: ModelsOption = MODELS,
    as_json: JsonOption = False,
) -> None:
    """Measure what labels buy: networks from an encoder, from scratch, and linear models, on the same few reviews."""
    from app.report.label_efficiency import table_columns

    counts = _counts(sizes) if sizes is not None else None
    reviews = _reviews(data, text_column, label_column, rejects)
    with without_native_output():
        from app.encoders import load_encoder
        from app.label_efficiency import SIZES, measure_label_efficiency
        from app.recipes import ENCODER_NAME
    encoder = load_encoder(from_pretrained or models / reviews.name / ENCODER_NAME)
    with _long_work() as report:
        written = measure_label_efficiency(
            reviews, encoder, models, report,
            sizes=counts or SIZES, draws=draws, test_reviews=test_reviews,
            names=[name.strip() for name in only.split(",")] if only else None,
        )  # fmt: skip
    if as_json:
        print(written.json.read_text(encoding="utf-8"), end="")
    else:
        _print_columns(table_columns(written.content))
        out.print(written.content.caption, soft_wrap=True)
    for path in (written.json, written.markdown, written.png):
        err.print(f"wrote {path}", soft_wrap=True)


def _counts(typed: str) -> list[int]:
    try:
        return [int(count) for count in typed.split(",")]
    except ValueError:
        raise UserError(f"expected numbers of labels, such as 100,1000; found {typed!r}; see --sizes") from None


@app.command()
def flagship(
    data: DataOption = None,
    text_column: TextColumnOption = None,
    label_column: LabelColumnOption = None,
    rejects: RejectsOption = None,
    models: ModelsOption = MODELS,
) -> None:
    """Make the best model there is, in hours: pretrain, train, teach, ship. What is done already is not done again."""
    _build("flagship", _reviews(data, text_column, label_column, rejects), models)


@app.command()
def compact(
    data: DataOption = None,
    text_column: TextColumnOption = None,
    label_column: LabelColumnOption = None,
    rejects: RejectsOption = None,
    models: ModelsOption = MODELS,
) -> None:
    """Make the small model that a large one and a linear one teach. What is done already is not done again."""
    _build("compact", _reviews(data, text_column, label_column, rejects), models)


def _build(name: str, reviews: "Reviews", models: Path) -> None:
    with without_native_output():
        from app import recipes
        from app.threads import settle

    settle()
    with _long_work() as report:
        written = recipes.build(name, reviews, models, report)
    _print_shipped(written)


@app.command()
def evaluate(
    run: RunOption = None,
    data: Annotated[Path | None, typer.Option(help="Other reviews. Default: each run's own test split.")] = None,
    text_column: TextColumnOption = None,
    label_column: LabelColumnOption = None,
    rejects: RejectsOption = None,
    models: ModelsOption = MODELS,
    as_json: JsonOption = False,
) -> None:
    """Evaluate saved runs on their test split, or on other reviews, and rewrite the report."""
    from app.evaluation import evaluate_on, evaluate_own, rows
    from app.report import write_report
    from app.runs import find_run, find_runs

    runs = [find_run(models, run)] if run else find_runs(models)
    if any(saved.has_keras_model for saved in runs):
        with without_native_output():
            import keras  # noqa: F401
    if data:
        from app.reviews import load_reviews

        reviews = load_reviews(data, text_column=text_column, label_column=label_column, rejects=rejects, cache=CACHE)
        evaluations = evaluate_on(runs, reviews)
    else:
        evaluations = evaluate_own(
            runs, CACHE, None if run else lambda note: err.print(note, style="yellow", soft_wrap=True)
        )
    # Where all runs were shipped, the report compares them with others that are not on this machine: it stays.
    for folder in sorted({saved.folder.parent for saved in runs if saved.has_keras_model}):
        written = write_report(folder)
        err.print(f"report: {written.html}")
    _print_evaluations(rows(evaluations), as_json)


@app.command()
def report(
    dataset: Annotated[str, typer.Argument(help="Name of a folder in models/.")], models: ModelsOption = MODELS
) -> None:
    """Write the leaderboard and the report of a dataset again from what its runs have saved."""
    from app.report import write_report

    _print_report(write_report(models / dataset), as_json=False)


@app.command()
def ensemble(
    members: Annotated[
        list[str], typer.Argument(help="Saved runs of one dataset, and names of baselines such as nb-svm; two or more.")
    ],
    name: Annotated[str, typer.Option(help="Name of the ensemble.")],
    weighted: Annotated[
        bool, typer.Option("--weighted", help="Choose weights on the validation reviews. Default: all the same.")
    ] = False,
    models: ModelsOption = MODELS,
    as_json: JsonOption = False,
) -> None:
    """Let saved runs and baselines answer together, by the mean of their logits: a row of its own in the report."""
    from app.baselines import BASELINES
    from app.ensembles import combine
    from app.report import write_report

    made = combine(members, name, models, tuple(BASELINES), weighted=weighted)
    written = write_report(made.dataset_folder)
    if as_json:
        print(made.path.read_text(encoding="utf-8"), end="")
    else:
        low, high = made.values["test"]["accuracy_ci95"]
        weights = ", ".join(f"{member['name']} {member['weight']:.2f}" for member in made.values["members"])
        out.print(f"{name} ({weights}): test accuracy {made.values['test']['accuracy']:.2%} "
                  f"({100 * low:.2f}–{100 * high:.2f})", soft_wrap=True)  # fmt: skip
    for path in (made.path, written.html, written.leaderboard):
        err.print(f"wrote {path}", soft_wrap=True)


@app.command()
def export(
    run: RunOption = None,
    format_name: Annotated[str, typer.Option("--format", help="onnx, or savedmodel for TensorFlow Serving.")] = "onnx",
    models: ModelsOption = MODELS,
) -> None:
    """Write the network of a saved run in a format that others run, into the run's folder. Default: the best run."""
    from app.runs import find_run

    saved = find_run(models, run)
    with without_native_output():
        from app.export import export_run, judge
    from app.provenance import OwnSplits

    judged = None
    if format_name == "onnx":
        try:
            validation = OwnSplits(CACHE).of(saved).validation
            judged = judge(saved, validation.texts, validation.labels)
        except ReviewsError as error:
            err.print(f"no int8, whose accuracy cannot be measured: {error}", style="yellow", soft_wrap=True)
    exported = export_run(saved, format_name, judged)
    err.print(f"exported {exported.folder}", soft_wrap=True)


@app.command()
def ship(
    run: Annotated[str, typer.Argument(help="A saved run: its folder, dataset/name, or name.")],
    name: Annotated[str, typer.Option(help="Name of the folder that is written beside it.")],
    models: ModelsOption = MODELS,
) -> None:
    """Write a small copy of a saved run, made to be given away: ONNX with smaller weights, and a model card."""
    from app.provenance import OwnSplits
    from app.runs import find_run

    saved = find_run(models, run)
    with without_native_output():
        from app.shipping import ship as shipped
    _print_shipped(shipped(saved, name, OwnSplits(CACHE).of(saved)))


def _print_shipped(written: "SavedRun") -> None:
    size = sum(path.stat().st_size for path in written.folder.iterdir())
    test = written.metrics["test"]["accuracy"]
    out.print(f"{written.folder}: {size / 1e6:.1f} MB, test accuracy {test:.2%}", soft_wrap=True)


@app.command()
def predict(
    texts: Annotated[
        list[str] | None,
        typer.Argument(help="Texts, each in quotes. Without any, and without --input: standard input, one a line."),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--input",
            help="Texts from a CSV, TSV, Parquet or JSONL file of any size; its other columns are kept in front. "
            "-: standard input.",
        ),
    ] = None,
    column: Annotated[str | None, typer.Option(help="Column of the text in it. Default: review or text.")] = None,
    target: Annotated[
        Path | None,
        typer.Option(
            "--output",
            help="Write to this CSV, TSV, Parquet or JSONL file, or to a .txt as a table. -: standard output.",
        ),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="csv, tsv, parquet, jsonl, table, or lines for cut and awk. "
            "Default: by the output's name; a table on a terminal, lines elsewhere.",
        ),
    ] = None,
    run: RunOption = None,
    engine: Annotated[
        str, typer.Option(help="onnx, int8 (smaller weights, where the run has them) or keras (the plain way).")
    ] = "onnx",
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of ONNX Runtime. Default: one a core.")] = None,
    threshold: Annotated[float, typer.Option(min=0.0, max=1.0, help="Positive from this probability on.")] = 0.5,
    uncertain: Annotated[
        float, typer.Option(min=0.0, max=0.5, help="Uncertain when less than this far from the threshold.")
    ] = 0.0,
    models: ModelsOption = MODELS,
    as_json: JsonOption = False,
) -> None:
    """Say of each text whether it is positive, and how probable that is."""
    from app.prediction_files import COLUMNS, RUN, Answers, answered, form_of, write, write_file

    target, source = (None if path == Path("-") else path for path in (target, source))
    if as_json and form not in (None, "jsonl"):
        raise UserError(f"expected --json or --format; found --json and --format {form}; give one of them")
    form = form_of(target, "jsonl" if as_json else form)
    taken = (*COLUMNS, RUN) if as_json else COLUMNS
    with _ended_by_the_system(), _stopped("nothing was written" if target else "what was written is not all"):
        given = _texts(texts, source, column, taken)
        from app.inference import Predictor
        from app.progress import RowsProgress

        if engine == "keras":
            with without_native_output():
                import keras  # noqa: F401
        predictor = Predictor.load(run, models, engine, threads)

        def predicted(some: Iterable[str]) -> "Iterator[tuple[str, Prediction]]":
            return predictor.stream(some, threshold, uncertain)

        def one_by_one(some: Iterable[str]) -> "Iterator[tuple[str, Prediction]]":
            return chain.from_iterable(predicted([text]) for text in some)

        somebody_types = not texts and not source and sys.stdin.isatty()  # and waits for the answer to each line
        rows = answered(given.rows, one_by_one if somebody_types else predicted)
        watched = RowsProgress(err, given.fraction).watch(rows)
        name = predictor.run.name if as_json else None
        if target and form:
            write_file(Answers(watched, given.columns, name), target, form)
            err.print(f"wrote {target}", soft_wrap=True)
            return
        with _standard_output() as standard:
            form = form or ("table" if standard.isatty() else "lines")
            if form == "parquet" and standard.isatty():
                raise UserError("expected a file or a pipe for Parquet; found a terminal; name a file with --output")
            write(Answers(rows if standard.isatty() else watched, given.columns, name), standard, form)


@app.command()
def explain(
    text: Annotated[str | None, typer.Argument(help="One text, in quotes.")] = None,
    run: RunOption = None,
    method: Annotated[
        str, typer.Option(help="How contributions are computed: occlusion or integrated-gradients.")
    ] = "occlusion",
    gates: Annotated[bool, typer.Option("--gates", help="Show what the gates of an LSTM do at each word.")] = False,
    png: Annotated[Path | None, typer.Option(help="Draw all of it, gates included, into this PNG file.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Measure on reviews with a known cause how often it is named.")
    ] = False,
    models: ModelsOption = MODELS,
    as_json: JsonOption = False,
) -> None:
    """Say which words decided, how the verdict moved while reading, and what the gates did."""
    if check == (text is not None):
        raise UserError(
            f"expected a text or --check; found {'both' if check else 'neither'}; "
            'for example: sentiment explain "Not once was it dull."'
        )
    from app.explain import Explainer
    from app.runs import find_run

    explainer = Explainer(find_run(models, run))
    if check:
        from app.explain.planted import check as check_planted
        from app.explain.planted import in_words, planted_reviews, record

        row = check_planted(explainer, planted_reviews(), method)
        written = record(row, explainer.run.folder.parent)
        print(json.dumps(row, indent=2)) if as_json else out.print(in_words(row), soft_wrap=True)
        err.print(f"wrote {written}", soft_wrap=True)
        return
    explanation = explainer.explain(text or "", method, gates=gates or png is not None)
    if png:
        from app.explain.picture import write_png

        write_png(explanation, png)
        err.print(f"wrote {png}", soft_wrap=True)
    if as_json:
        print(explanation.to_json())
        return
    from app.explain.terminal import gates_table, lines

    for line in lines(explanation, out.width, colours=out.is_terminal and not out.no_color):
        out.print(line, soft_wrap=not out.is_terminal)
    if gates:
        out.print(explanation.gates_note, end="\n" if explanation.gates_note else "")
        for direction in explanation.gates:
            out.print(gates_table(explanation, direction))


@app.command()
def serve(
    run: Annotated[
        list[str] | None, typer.Option("--run", help="A run to serve: dataset/name, or name. Repeatable. Default: all.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on; beyond this machine anybody can ask.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 for any that is free.")] = 8000,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="A name it may be called by, where that is not this machine. Repeatable.")
    ] = None,
    engine: Annotated[str, typer.Option(help="onnx, int8 or keras, as in predict.")] = "onnx",
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of ONNX Runtime. Default: one a core.")] = None,
    queue: Annotated[int, typer.Option(min=1, help="Texts that may wait; more are answered with 503.")] = 256,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds that an answer may take.")] = 30.0,
    drain: Annotated[int, typer.Option(min=0, help="Seconds to finish what has begun when stopped.")] = 30,
    models: ModelsOption = MODELS,
) -> None:
    """Serve the saved runs over HTTP, with a page for people, until stopped."""
    from app.server import ServerSettings
    from app.server import serve as serve_until_stopped

    settings = ServerSettings(
        host=host, port=port, allowed_hosts=tuple(allow_host or ()), runs=tuple(run or ()), engine=engine,
        threads=threads, queue=queue, timeout_seconds=timeout, drain_seconds=drain,
    )  # fmt: skip
    serve_until_stopped(models, settings)


def _texts(texts: list[str] | None, source: Path | None, column: str | None, taken: Sequence[str]) -> "TextRows":
    from app.text_files import TextRows, read_lines, read_rows

    if texts and source:
        raise UserError("expected texts or --input; found both; give one of them")
    if column and not source:
        raise UserError(f"expected --input with --column; found --column {column} alone; name the file it is in")
    if source:
        return read_rows(source, column, taken)
    if texts:
        if not all(text.strip() for text in texts):
            raise UserError('expected a text; found an empty one; for example: make predict TEXT="A fine film."')
        try:
            return TextRows.of([os.fsencode(text).decode() for text in texts])  # whatever the locale made of the bytes
        except UnicodeDecodeError as error:
            raise UserError(
                f"expected texts in UTF-8; found byte 0x{error.object[error.start]:02x} in one; convert it"
            ) from None
    if sys.stdin is None:
        raise UserError("expected texts; found no standard input; give them as arguments, or a file with --input")
    return TextRows.of(read_lines(sys.stdin.buffer))


@contextlib.contextmanager
def _standard_output() -> Iterator[TextIO]:
    """Standard output as programs want it, and one line where it cannot be written.

    Raises:
        StorageError: it is closed, or what it leads to is full.
    """
    if not isinstance(sys.stdout, io.TextIOWrapper):
        raise StorageError("expected to be able to write standard output; found it closed; open it, or use --output")
    # Whatever the locale says; and a person sees each line at once.
    sys.stdout.reconfigure(encoding="utf-8", newline="", line_buffering=sys.stdout.isatty())
    try:
        with storage_errors(Path("standard output")):
            yield sys.stdout
            sys.stdout.flush()  # a reader that has gone is noticed here, and not when Python ends
    except (StorageError, BrokenPipeError) as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python tries once more when it ends
        if isinstance(error, BrokenPipeError):
            sys.exit(128 + signal.SIGPIPE)  # the reader has gone: nothing is wrong, and `head` is content
        raise


@contextlib.contextmanager
def _ended_by_the_system() -> Iterator[None]:
    """A block that tidies up when a system or `timeout` ends it, with the exit code that shells give that."""

    def end(number: int, _frame: object) -> None:
        sys.exit(128 + number)

    signals = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) == signal.SIG_DFL]
    for number in signals:  # but not what somebody, `nohup` say, has decided otherwise
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in signals:
            signal.signal(number, signal.SIG_DFL)


BenchmarkFolderOption = Annotated[
    Path | None,
    typer.Option(help="Where the files go. Default: models/benchmark/, or models/benchmark-smoke/ with --quick."),
]
QuickOption = Annotated[bool, typer.Option("--quick", help="A smoke run: tiny shapes, figures without meaning.")]


@benchmark.command("layers")
def benchmark_layers(
    folder: BenchmarkFolderOption = None, quick: QuickOption = False, as_json: JsonOption = False
) -> None:
    """Time our LSTM against those of Keras and torch, on this machine, which should do nothing else meanwhile."""
    from app.benchmark.layers import benchmark_layers as measure
    from app.benchmark.settings import Settings
    from app.benchmark.settings import quick as quick_settings
    from app.benchmark.table import memory_columns, verdict_columns

    settings = quick_settings() if quick else Settings()
    with _stopped("nothing was written"):
        written = measure(_benchmark_folder(folder, quick), settings, _say)
    _print_benchmark(written, (verdict_columns, memory_columns), as_json)


@benchmark.command("predictions")
def benchmark_predictions(
    data: Annotated[
        Path | None,
        typer.Option(
            help="Reviews, as in train. Default: the archive in data/, else the bundled sample.",
            envvar="SENTIMENT_DATA",
        ),
    ] = None,
    reviews: Annotated[
        int | None, typer.Option(min=1, help="Reviews that are scored together. Default: 25,000.", show_default=False)
    ] = None,
    folder: BenchmarkFolderOption = None,
    quick: QuickOption = False,
    as_json: JsonOption = False,
) -> None:
    """Time verdicts against their peers: one review, many, a cold start, the service; nothing else should run."""
    from dataclasses import replace

    from app.benchmark.prediction_table import cold_start, many_reviews, service, short_verdicts
    from app.benchmark.predictions import benchmark_predictions as measure
    from app.benchmark.settings import PredictionSettings, quick_predictions
    from app.reviews import load_reviews, local_reviews

    settings = quick_predictions() if quick else PredictionSettings()
    if reviews:
        settings = replace(settings, reviews=reviews)
    with _stopped("nothing was written"):
        read = load_reviews(data, cache=CACHE) if data else local_reviews(DATA)
        written = measure(_benchmark_folder(folder, quick), read, settings, _say)
    _print_benchmark(written, (short_verdicts, many_reviews, cold_start, service), as_json)


def _benchmark_folder(given: Path | None, quick: bool) -> Path:
    return given or MODELS / ("benchmark-smoke" if quick else "benchmark")


def _say(line: str) -> None:
    err.print(line, soft_wrap=True)


@contextlib.contextmanager
def _long_work() -> Iterator["ProgressBar"]:
    """A block that keeps what is done, and tells of its progress, of its end before time, and of a lack of memory."""
    from app.progress import ProgressBar

    try:
        with _stopped("the same command goes on from what is done"), ProgressBar(err) as report:
            yield report
    except Exception as error:
        if not isinstance(error, MemoryError) and type(error).__name__ != "ResourceExhaustedError":  # TensorFlow's
            raise
        raise SentimentError(
            "expected enough memory for a network and batches of these sizes; found too little; lower units, "
            "vocabulary_size, batch_size or crop_length with --set"
        ) from None


@contextlib.contextmanager
def _stopped(what_then: str) -> Iterator[None]:
    """A block that a person may end, who is told what that leaves."""
    try:
        yield
    except KeyboardInterrupt:
        err.print(f"stopped; {what_then}", style="yellow")
        raise typer.Exit(130) from None


def _print_benchmark(
    written: "Written", tables: Iterable[Callable[[dict[str, Any]], list[tuple[str, list[str]]]]], as_json: bool
) -> None:
    if as_json:
        print(json.dumps(written.results, indent=1))
    else:
        for columns in tables:
            _print_columns(columns(written.results))
        for absent in written.results["absent"]:
            out.print(f"not installed, so not measured: {absent}")
    for path in written.paths:
        err.print(f"wrote {path}", soft_wrap=True)


def _reviews(
    data: Path | None,
    text_column: str | None,
    label_column: str | None,
    rejects: Path | None,
    *,
    labels_wanted: bool = True,
) -> "Reviews":
    from app.reviews import find_reviews, load_reviews

    if data:
        return load_reviews(
            data, text_column=text_column, label_column=label_column, rejects=rejects, cache=CACHE,
            labels_wanted=labels_wanted,
        )  # fmt: skip
    return find_reviews(DATA, notify=lambda line: err.print(line, style="yellow", soft_wrap=True))


def _print_report(written: "ReportPaths", as_json: bool) -> None:
    from app.report.tables import format_table

    if as_json:
        print(written.leaderboard.read_text(encoding="utf-8"), end="")
        return
    _print_columns([(header, cells) for header, cells in format_table(written.rows) if header in _TERMINAL_COLUMNS])
    out.print(written.verdict, soft_wrap=True)
    for path in (written.html, written.leaderboard):
        err.print(f"wrote {path}", soft_wrap=True)


def _print_evaluations(evaluated: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print(json.dumps(evaluated, indent=2))
        return
    out.print(f"On {', '.join(dict.fromkeys(row['reviews'] for row in evaluated))}:", soft_wrap=True)
    columns = {
        "Run": [row["run"] for row in evaluated],
        "Reviews": [f"{row['number']:,}" for row in evaluated],
        "Accuracy": [f"{row['accuracy']:.2%}" for row in evaluated],
        "95% interval": ["{:.2f}–{:.2f}".format(*(100 * end for end in row["accuracy_ci95"])) for row in evaluated],
        "Log loss": [f"{row['log_loss']:.3f}" for row in evaluated],
        "Saved": ["" if row["saved_accuracy"] is None else f"{row['saved_accuracy']:.2%}" for row in evaluated],
    }
    _print_columns(list(columns.items()))


def _print_columns(columns: list[tuple[str, list[str]]]) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for index, (header, values) in enumerate(columns):
        # No word is broken, and figures leave the room to the names.
        words = max(len(word) for value in (header, *values) for word in value.split())
        width = words if index else None
        table.add_column(header, justify="right" if index else "left", overflow="fold", min_width=words, width=width)
    for cells in zip(*(cells for _, cells in columns), strict=True):
        table.add_row(*cells)
    out.print(table)


def main() -> None:
    """The command `sentiment`: one line for what went wrong, and its exit code."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # for what TensorFlow says after its import
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns of reviews of many lengths: each is compiled
    try:
        app(standalone_mode=True)
    except SentimentError as error:
        err.print(f"error: {error}", style="red", markup=False, soft_wrap=True)
        sys.exit(error.exit_code)
