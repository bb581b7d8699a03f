"""Where commands write: two streams, tables, and what a person is told of an end before time."""

import contextlib
import io
import os
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import typer
from rich.console import Console

from sentiment.data.files.quoting import LiteralQuotesWarning
from sentiment.errors import SentimentError, StorageError
from sentiment.support.storage import storage_errors

if TYPE_CHECKING:
    from sentiment.report import ReportPaths
    from sentiment.runs.saved_run import SavedRun
    from sentiment.support.progress import ProgressBar


class _Stream(Console):
    """Prints what it is given: a name may have brackets in it, which are no markup here."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False)

    def print(self, *objects: Any, **how: Any) -> None:
        """As `rich` does it.

        Raises:
            StorageError: what standard output leads to is full or closed.
        """
        try:
            with storage_errors(Path("standard output")):
                super().print(*objects, **how)
        except StorageError:
            _write_no_more()
            raise

    def on_broken_pipe(self) -> None:
        """The reader has gone."""
        _leave_quietly()


_show_warning = warnings.showwarning  # Python's own
out, err = _Stream(), _Stream(stderr=True)
# What fits into eighty characters; the report has them all.
_TERMINAL_COLUMNS = (
    "Model", "Test accuracy", "95% interval", "Recall, negative", "Recall, positive", "Log loss", "Seconds per epoch",
)  # fmt: skip

_NAME_WIDTH = 26  # of a name, at least, where it has so many characters
_WHOLE_NAME = 40  # a name up to this long is not folded where leaving out a column, or a space, avoids it


def say(line: str) -> None:
    err.print(line, soft_wrap=True)


def show_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, *where: Any, **how: Any
) -> None:
    """In one line what was assumed of a file; other warnings as Python shows them."""
    if issubclass(category, LiteralQuotesWarning):
        say(f"note: {message}")
    else:
        _show_warning(message, category, filename, lineno, *where, **how)


def print_columns(columns: list[tuple[str, list[str]]], droppable: Sequence[str] = ()) -> list[str]:
    """Prints a table.

    Args:
        columns: headers and cells; the first column has names, the others figures.
        droppable: headers of columns that may be left out where the terminal is too narrow, the first one first.

    Returns:
        The headers of those that were left out.
    """
    from rich import box
    from rich.table import Table

    dropped = []
    for header in droppable:
        if _least_width(columns) <= out.width:
            break
        dropped += [name for name, _ in columns if name == header]
        columns = [column for column in columns if column[0] != header]
    roomy = _least_width(columns) + len(columns) + 1 <= out.width  # two spaces between columns, and one at each end
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=roomy, padding=(0, int(roomy), 0, 0))
    for index, (header, values) in enumerate(columns):
        # No figure is broken, and figures leave the room to the names; a name with many settings is folded.
        words = _longest_word(header, values)
        width = words if index else None
        table.add_column(
            header,
            justify="right" if index else "left",
            overflow="fold",
            min_width=min(words, _NAME_WIDTH),
            width=width,
        )
    for cells in zip(*(cells for _, cells in columns), strict=True):
        table.add_row(*cells)
    out.print(table)
    return dropped


def _longest_word(header: str, values: Sequence[str]) -> int:
    return max(len(word) for value in (header, *values) for word in value.split())


def _least_width(columns: Sequence[tuple[str, list[str]]]) -> int:
    """Of a table in which no figure is broken, and a name only where it is very long, with a space between columns."""
    names, *figures = (_longest_word(header, values) for header, values in columns)
    return (names if names <= _WHOLE_NAME else _NAME_WIDTH) + sum(figures) + len(figures)


def print_warnings(warnings: Sequence[str], *, as_json: bool) -> None:
    """Sentences about classifiers whose accuracy misleads: beside the table, or beside the JSON on standard error."""
    stream = err if as_json else out
    for warning in warnings:
        stream.print(warning, style="yellow", soft_wrap=True)


def print_json(text: str) -> None:
    """For programs.

    Raises:
        StorageError: standard output is closed, or what it leads to is full.
    """
    with standard_output() as standard:
        standard.write(text.rstrip("\n") + "\n")


def print_report(written: "ReportPaths", as_json: bool) -> None:
    from sentiment.report.tables import format_table

    if as_json:
        print_json(written.leaderboard.read_text(encoding="utf-8"))
        print_warnings(written.warnings, as_json=True)
        return
    print_columns([(header, cells) for header, cells in format_table(written.rows) if header in _TERMINAL_COLUMNS])
    out.print(written.balance, soft_wrap=True)
    print_warnings(written.warnings, as_json=False)
    out.print(written.verdict, soft_wrap=True)
    if written.left_out:
        names = ", ".join(written.left_out)
        err.print(f"not compared, measured on other reviews or on another split: {names}", soft_wrap=True)
    for path in (written.html, written.leaderboard):
        err.print(f"wrote {path}", soft_wrap=True)


def print_shipped(written: "SavedRun") -> None:
    size = sum(path.stat().st_size for path in written.folder.iterdir())
    out.print(f"{written.folder}: {size / 1e6:.1f} MB, {in_a_line(written.record.test)}", soft_wrap=True)
    print_shortcoming(written.name, written.record.test, as_json=False)


def in_a_line(test: dict[str, Any]) -> str:
    """Accuracy and recall of one classifier on its test reviews, in the middle of a sentence.

    Args:
        test: what `sentiment.metrics.measures.measure` gave.
    """
    from sentiment.metrics.class_balance import CLASSES, by_class
    from sentiment.report.tables import share

    low, high = test["accuracy_ci95"]
    recalls = by_class(test["confusion"])
    return f"test accuracy {test['accuracy']:.2%} ({100 * low:.2f}–{100 * high:.2f}), " + ", ".join(
        f"recall of {label} reviews {share(recalls[f'recall_{label}'])}" for label in CLASSES
    )


def print_shortcoming(name: str, test: dict[str, Any], *, as_json: bool) -> None:
    """Says of one classifier why its accuracy misleads, if it does.

    Args:
        name: of the classifier.
        test: what `sentiment.metrics.measures.measure` gave.
        as_json: whether standard output is for a program.
    """
    from sentiment.metrics.measures import shortcomings

    print_warnings([f"{name} {said}" for said in shortcomings([test["confusion"]]) if said], as_json=as_json)


@contextlib.contextmanager
def standard_output() -> Iterator[TextIO]:
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
        if isinstance(error, BrokenPipeError):
            _leave_quietly()
        _write_no_more()
        raise


def _leave_quietly() -> NoReturn:
    _write_no_more()
    sys.exit(128 + signal.SIGPIPE)  # nothing is wrong, and `head` is content


def _write_no_more() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python tries once more when it ends


@contextlib.contextmanager
def ended_by_the_system() -> Iterator[None]:
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


@contextlib.contextmanager
def stopped(what_then: str) -> Iterator[None]:
    """A block that a person may end, who is told what that leaves."""
    try:
        yield
    except KeyboardInterrupt:
        err.print(f"stopped; {what_then}", style="yellow")
        raise typer.Exit(130) from None


@contextlib.contextmanager
def long_work() -> Iterator["ProgressBar"]:
    """A block that keeps what is done, and tells of its progress, of its end before time, and of a lack of memory."""
    from sentiment.support.progress import ProgressBar

    try:
        with stopped("the same command goes on from what is done"), ProgressBar(err) as report:
            yield report
    except Exception as error:
        if not isinstance(error, MemoryError) and type(error).__name__ != "ResourceExhaustedError":  # TensorFlow's
            raise
        raise SentimentError(
            "expected enough memory for a network and batches of these sizes; found too little; lower units, "
            "vocabulary_size, batch_size or crop_length with --set"
        ) from None
