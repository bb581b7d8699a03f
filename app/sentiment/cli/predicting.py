"""Commands that predict: `predict`, and `explain`."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sentiment.cli.console import GOES_ON, ended_by_the_system, err, out, print_json, standard_output, stopped
from sentiment.cli.options import (
    KINDS,
    MODELS,
    DelimiterOption,
    EncodingOption,
    EngineOption,
    HeaderOption,
    JsonOption,
    ModelsOption,
    RunOption,
    ThreadsOption,
    notice,
    require_no_threads_for_keras,
)
from sentiment.data.files.options import LearntColumns, ReadingOptions
from sentiment.errors import UserError
from sentiment.support.paths import writable
from sentiment.support.quiet import without_native_output

if TYPE_CHECKING:
    from sentiment.data.files.rows import TextRows
    from sentiment.inference import Prediction
    from sentiment.runs.saved_run import SavedRun


_OPTIONS = {"text_columns": "--column", "encoding": "--encoding", "delimiter": "--delimiter", "header": "--header"}


def predict(
    texts: Annotated[
        list[str] | None,
        typer.Argument(help="Texts, each in quotes. Default: standard input, one text a line.", show_default=False),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--input",
            help=f"Read texts from a {KINDS}, of any size. Its other columns are kept. "
            "-: standard input, one text a line.",
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            "--text-column",
            help="Column of the text in the input, by name or by number from 1. Repeatable: joined. "
            "Default: a usual name.",
        ),
    ] = None,
    encoding: EncodingOption = None,
    delimiter: DelimiterOption = None,
    header: HeaderOption = None,
    target: Annotated[
        Path | None,
        typer.Option(
            "--output",
            help="Write to this CSV, TSV, Parquet or JSONL file, or as a table to a .txt. -: standard output.",
        ),
    ] = None,
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="csv, tsv, parquet, jsonl, table, or lines for shell programs. "
            "Default: by the ending of the output; a table on a terminal, else lines, with --sentences csv.",
        ),
    ] = None,
    run: RunOption = None,
    engine: EngineOption = "onnx",
    threads: ThreadsOption = None,
    threshold: Annotated[
        float,
        typer.Option(
            min=0.0, max=1.0, help="Probability from which a text is of the second of two classes, such as positive."
        ),
    ] = 0.5,
    uncertain: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=1.0,
            help="Distance from the threshold below which it is uncertain. With more than two classes, half of the "
            "distance between the two most probable ones.",
        ),
    ] = 0.0,
    sentences: Annotated[
        bool,
        typer.Option(
            "--sentences",
            help="Judge each sentence: a row for each, with the verdict on the whole text, and what the sentence adds "
            "to that in logits.",
        ),
    ] = False,
    models: ModelsOption = MODELS,
    as_json: JsonOption = False,
) -> None:
    """Say of each text whether it is positive, or of which other class, and how probable that is."""
    from sentiment.inference import PredictedRows, columns_of, format_of, predicted_rows, write, write_file

    require_no_threads_for_keras(engine, threads)
    target, source = None if target == Path("-") else target, None if source == "-" else source
    _require_one_meaning(source, target, format_name, as_json)
    format_name = format_of(target, "jsonl" if as_json else format_name)
    with ended_by_the_system(), stopped(GOES_ON if target else "the output is incomplete"):
        if engine == "keras":
            with without_native_output():
                import keras  # noqa: F401
        from sentiment.runs.saved_run import MANIFEST, find_run, qualified_name, sha256

        saved = find_run(models, run, with_keras=engine == "keras")
        classes = saved.config.classes
        reading = ReadingOptions.named(column, encoding=encoding, delimiter=delimiter, header=header)
        reading = replace(reading, learnt=LearntColumns.of_dataset(qualified_name(saved.folder), saved.record.dataset))
        from sentiment.inference.sentences import COLUMNS, sentence_rows, widths_in_a_table

        added = COLUMNS if sentences else {}
        input_rows = _input_rows(texts, source, reading, (*columns_of(classes, as_json=as_json), *added))
        from sentiment.inference import Predictor
        from sentiment.inference.batch_jobs import batch_job
        from sentiment.support.environment import versions
        from sentiment.support.progress import RowsProgress

        predictor = Predictor(saved, engine, threads)
        name = qualified_name(saved.folder)
        _say_what_is_assumed(texts, source, saved if run is None else None)

        def stream(some: Iterable[str]) -> "Iterator[tuple[str, Prediction]]":
            return predictor.stream(some, threshold, uncertain)

        def as_they_come(some: Iterable[str]) -> "Iterator[tuple[str, Prediction]]":
            """Each text is answered before the next one is waited for; those that are there go together."""
            rest = iter(some)
            for first in rest:
                yield from stream(chain([first], _while_ready(rest, input_rows.ready)))
                if not target and not input_rows.ready():
                    sys.stdout.flush()

        predict_rows = sentence_rows if sentences else predicted_rows
        columns = (
            (lambda: {**(input_rows.columns() if input_rows.columns else {}), **added}) if added else input_rows.columns
        )
        run_name, progress = name if as_json else None, RowsProgress(err, input_rows.fraction)
        if target and format_name:
            decided_by = {"run": sha256(saved.folder / MANIFEST), "engine": engine, "versions": versions()}
            with batch_job(target, decided_by | {"threshold": threshold, "uncertain": uncertain}) as job:
                rows = progress.watch(predict_rows(input_rows.rows, lambda some: job.stream(some, stream)))
                write_file(PredictedRows(rows, columns, run_name, classes), target, format_name)
            if job.resumed:
                notice(f"{job.resumed:,} predictions were made before this job, by one that was stopped")
            err.print(f"wrote {target}", soft_wrap=True)
            return
        rows = predict_rows(input_rows.rows, as_they_come)
        with standard_output() as standard:
            on_terminal = standard.isatty()
            format_name = format_name or ("table" if on_terminal else "csv" if sentences else "lines")
            if format_name == "parquet" and on_terminal:
                raise UserError("expected a file or a pipe for Parquet; found a terminal; name a file with --output")
            shown = rows if on_terminal else progress.watch(rows)
            widths = widths_in_a_table(classes) if sentences and not source else {}
            write(PredictedRows(shown, columns, run_name, classes, widths), standard, format_name)


def _require_one_meaning(source: str | None, target: Path | None, format_name: str | None, as_json: bool) -> None:
    if as_json and format_name not in (None, "jsonl"):
        raise UserError(f"expected --json or --format; found --json and --format {format_name}; give one of them")
    if source and target and target.exists() and Path(source).exists() and target.samefile(source):
        raise UserError(f"expected another file for --output than for --input; found {target} for both; name another")


def _say_what_is_assumed(texts: list[str] | None, source: str | None, default: "SavedRun | None") -> None:
    """Notices of what nobody said: which run, if it is the `default`, and how the texts come."""
    from sentiment.metrics.certainty import in_words
    from sentiment.runs.saved_run import qualified_name

    if default and err.is_terminal:
        worth = f"; {in_words(default.record.certainty)}" if default.record.certainty else ""
        name = qualified_name(default.folder)
        err.print(f"predicted by {name}, choose another with --run{worth}", style="dim", soft_wrap=True)
    if not texts and not source and sys.stdin.isatty():
        notice("type one text a line; Ctrl-D ends")
    for name in filter(_is_file_name, texts or ()):
        notice(f"{name} is judged as a text; to judge the texts in that file: --input {name}")


def _while_ready(texts: Iterator[str], ready: Callable[[], bool]) -> Iterator[str]:
    while ready():
        try:
            yield next(texts)
        except StopIteration:
            return


def _is_file_name(text: str) -> bool:
    return not any(map(str.isspace, text)) and Path(text).suffix != "" and os.path.isfile(text)  # noqa: PTH113  no error for a long text


def explain(
    text: Annotated[str | None, typer.Argument(help="One text, in quotes.", show_default=False)] = None,
    run: RunOption = None,
    method: Annotated[
        str | None,
        typer.Option(
            help="How contributions are computed: occlusion or integrated-gradients.", show_default="occlusion"
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--class",
            help="Say what speaks for and against this class. "
            "Default: the most probable one; of two classes, the second, such as positive.",
        ),
    ] = None,
    details: Annotated[
        bool, typer.Option("--details", help="Show contributions in logits. With --method, they are shown anyway.")
    ] = False,
    gates: Annotated[bool, typer.Option("--gates", help="Show the gates of an LSTM at each word.")] = False,
    png: Annotated[Path | None, typer.Option(help="Draw everything, with the gates, into this PNG file.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Measure how often the cause is found in reviews with a known cause.")
    ] = False,
    models: ModelsOption = MODELS,
    as_json: JsonOption = False,
) -> None:
    """Show which words decided, how the verdict moved while reading, and with --gates what the gates did."""
    if check == (text is not None):
        raise UserError(
            f"expected a text or --check; found {'both' if check else 'neither'}; "
            'for example: sentiment explain "Not once was it dull."'
        )
    of_one_text = {"--details": details, "--gates": gates, "--png": png is not None, "--class": target is not None}
    if check and any(of_one_text.values()):
        raise UserError(
            f"expected --check alone or with --method; found {' and '.join(filter(of_one_text.get, of_one_text))}, for "
            "one text; leave it out, or give a text instead of --check"
        )
    from sentiment.explain import DEFAULT_METHOD, Explainer
    from sentiment.runs.saved_run import find_run
    from sentiment.support.progress import ShareProgress

    details = details or method is not None
    method = method or DEFAULT_METHOD
    explainer = Explainer(find_run(models, run))
    if check:
        from sentiment.explain.planted_causes import check as check_planted
        from sentiment.explain.planted_causes import in_words, planted_reviews, record

        row = check_planted(explainer, planted_reviews(), method)
        written = record(row, writable(explainer.run.folder.parent))
        print_json(json.dumps(row, indent=2)) if as_json else out.print(in_words(row), soft_wrap=True)
        err.print(f"wrote {written}", soft_wrap=True)
        return
    with ShareProgress(err, "explaining") as progress:
        explanation = explainer.explain(
            _utf8(text or ""), method, gates=gates or png is not None, target=target, progress=progress.show
        )
    if png:
        from sentiment.explain.picture import write_png

        write_png(explanation, png)
        err.print(f"wrote {png}", soft_wrap=True)
    if as_json:
        print_json(explanation.to_json())
        return
    from sentiment.explain.terminal import gates_table, lines

    for line in lines(explanation, out.width, colours=out.is_terminal and not out.no_color, details=details):
        out.print(line, soft_wrap=not out.is_terminal)
    if gates:
        out.print(explanation.gates_note, end="\n" if explanation.gates_note else "")
        for direction in explanation.gates:
            out.print(gates_table(explanation, direction))


def _input_rows(
    texts: list[str] | None, source: str | None, reading: "ReadingOptions", reserved: Sequence[str]
) -> "TextRows":
    """The rows to predict; `reserved` are the names of columns that the output adds."""
    from sentiment.data.files import read_rows
    from sentiment.data.files.lines import IncomingLines
    from sentiment.data.files.rows import TextRows
    from sentiment.text.cleaning import is_blank

    if texts and source:
        raise UserError("expected texts or --input; found both; give one of them")
    if reading.to_json() and not source:
        options = ", ".join(_OPTIONS[name] for name in reading.to_json())
        raise UserError(f"expected --input with {options}; found no file; name the file with --input")
    if source:
        return read_rows(source, reading, reserved, notice)
    if texts:
        if any(is_blank(text) for text in texts):
            raise UserError('expected a text; found an empty one; for example: sentiment predict "A fine film."')
        return TextRows.from_texts([_utf8(text) for text in texts])
    if sys.stdin is None:
        raise UserError("expected texts; found no standard input; give them as arguments, or a file with --input")
    lines = IncomingLines(sys.stdin.buffer)
    return TextRows.from_texts(lines, lines.ready)


def _utf8(text: str) -> str:
    """A command line argument, decoded as UTF-8 whatever the locale is.

    Raises:
        UserError: its bytes are not UTF-8.
    """
    try:
        return os.fsencode(text).decode()
    except UnicodeDecodeError as error:
        raise UserError(
            f"expected texts in UTF-8; found byte 0x{error.object[error.start]:02x} in one; convert it"
        ) from None
