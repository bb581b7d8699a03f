"""Commands that answer: `predict`, `explain`, `serve`."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sentiment.cli.console import ended_by_the_system, err, out, print_json, standard_output, stopped
from sentiment.cli.options import JsonOption, ModelsOption, RunOption, notice
from sentiment.errors import UserError
from sentiment.support.paths import MODELS
from sentiment.support.quiet import without_native_output

if TYPE_CHECKING:
    from sentiment.data.files.rows import TextRows
    from sentiment.inference.predictor import Prediction


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
            "-: standard input, one text a line.",
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
    from sentiment.inference.verdict_files import COLUMNS, RUN, Answers, answered, form_of, write, write_file

    require_threads(engine, threads)
    target, source = (None if path == Path("-") else path for path in (target, source))
    if as_json and form not in (None, "jsonl"):
        raise UserError(f"expected --json or --format; found --json and --format {form}; give one of them")
    form = form_of(target, "jsonl" if as_json else form)
    if source and target and all(map(os.path.exists, (source, target))) and target.samefile(source):
        raise UserError(f"expected another file for --output than for --input; found {target} for both; name another")
    taken = (*COLUMNS, RUN) if as_json else COLUMNS
    with ended_by_the_system(), stopped("nothing was written" if target else "what was written is not all"):
        given = _texts(texts, source, column, taken)
        from sentiment.inference.predictor import Predictor
        from sentiment.support.progress import RowsProgress

        if engine == "keras":
            with without_native_output():
                import keras  # noqa: F401
        predictor = Predictor.load(run, models, engine, threads)
        if run is None and err.is_terminal:
            answering = f"{predictor.run.folder.parent.name}/{predictor.run.name}"
            err.print(f"answered by {answering}; name another with --run", style="dim", soft_wrap=True)

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
        with standard_output() as standard:
            form = form or ("table" if standard.isatty() else "lines")
            if form == "parquet" and standard.isatty():
                raise UserError("expected a file or a pipe for Parquet; found a terminal; name a file with --output")
            write(Answers(rows if standard.isatty() else watched, given.columns, name), standard, form)


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
    if check and (gates or png):
        raise UserError(
            f"expected --check alone or with --method; found {'--gates' if gates else '--png'}, which shows one text; "
            "leave it out, or give a text instead of --check"
        )
    from sentiment.explain import Explainer
    from sentiment.runs.saved_run import find_run

    explainer = Explainer(find_run(models, run))
    if check:
        from sentiment.explain.planted_causes import check as check_planted
        from sentiment.explain.planted_causes import in_words, planted_reviews, record

        row = check_planted(explainer, planted_reviews(), method)
        written = record(row, explainer.run.folder.parent)
        print_json(json.dumps(row, indent=2)) if as_json else out.print(in_words(row), soft_wrap=True)
        err.print(f"wrote {written}", soft_wrap=True)
        return
    explanation = explainer.explain(_as_given(text or ""), method, gates=gates or png is not None)
    if png:
        from sentiment.explain.picture import write_png

        write_png(explanation, png)
        err.print(f"wrote {png}", soft_wrap=True)
    if as_json:
        print_json(explanation.to_json())
        return
    from sentiment.explain.terminal import gates_table, lines

    for line in lines(explanation, out.width, colours=out.is_terminal and not out.no_color):
        out.print(line, soft_wrap=not out.is_terminal)
    if gates:
        out.print(explanation.gates_note, end="\n" if explanation.gates_note else "")
        for direction in explanation.gates:
            out.print(gates_table(explanation, direction))


def serve(
    run: Annotated[
        list[str] | None,
        typer.Option(
            "--run",
            help="A run to serve: dataset/name, or name. Repeatable; the first one answers where none is named. "
            "Default: all, and of them answers the one that `sentiment use` shows.",
        ),
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
    from sentiment.server import ServerSettings
    from sentiment.server import serve as serve_until_stopped

    require_threads(engine, threads)
    settings = ServerSettings(
        host=host, port=port, allowed_hosts=tuple(allow_host or ()), runs=tuple(run or ()), engine=engine,
        threads=threads, queue=queue, timeout_seconds=timeout, drain_seconds=drain,
    )  # fmt: skip
    serve_until_stopped(models, settings)


def require_threads(engine: str, threads: int | None) -> None:
    """Refuses threads for an engine that has its own.

    Raises:
        UserError: they were given for the engine keras.
    """
    if engine == "keras" and threads is not None:
        raise UserError(
            f"expected --threads with the engines onnx and int8; found --threads {threads} with keras, whose threads "
            "TensorFlow chooses; leave it out, or use another engine"
        )


def _texts(texts: list[str] | None, source: Path | None, column: str | None, taken: Sequence[str]) -> "TextRows":
    from sentiment.data.files import read_rows
    from sentiment.data.files.lines import read_lines
    from sentiment.data.files.rows import TextRows
    from sentiment.text.cleaning import is_blank

    if texts and source:
        raise UserError("expected texts or --input; found both; give one of them")
    if column and not source:
        raise UserError(
            f"expected a file for --input with --column; found --column {column} and no file; name the one it is in"
        )
    if source:
        return read_rows(source, column, taken, notice)
    if texts:
        if any(is_blank(text) for text in texts):
            raise UserError('expected a text; found an empty one; for example: make predict TEXT="A fine film."')
        return TextRows.from_texts([_as_given(text) for text in texts])
    if sys.stdin is None:
        raise UserError("expected texts; found no standard input; give them as arguments, or a file with --input")
    return TextRows.from_texts(read_lines(sys.stdin.buffer))


def _as_given(text: str) -> str:
    """A text of the command line, whatever the locale made of its bytes.

    Raises:
        UserError: they are no UTF-8.
    """
    try:
        return os.fsencode(text).decode()
    except UnicodeDecodeError as error:
        raise UserError(
            f"expected texts in UTF-8; found byte 0x{error.object[error.start]:02x} in one; convert it"
        ) from None
