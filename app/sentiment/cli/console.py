"""Standard output and standard error: tables, JSON, warnings, and what is printed when a command ends early."""

import contextlib
import io
import os
import re
import signal
import sys
import threading
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import typer
from rich.console import Console, ConsoleDimensions, ConsoleOptions, RenderableType
from rich.segment import Segment

from sentiment.data.files.quoting import LiteralQuotesWarning
from sentiment.errors import RunError, SentimentError, StorageError
from sentiment.support.storage import storage_errors

if TYPE_CHECKING:
    from sentiment.metrics.measures import Figures
    from sentiment.report import ReportPaths
    from sentiment.report.tables import Columns
    from sentiment.runs.record import RunRecord
    from sentiment.support.progress import ProgressBar


GOES_ON = "the same command goes on from what is done"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all but tab and line feed
_REDIRECTED_WIDTH = 200  # characters of a line in a file or a pipe


class _Stream(Console):
    """Prints text as it is: brackets in names are not markup."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """As in `rich`, without control characters: names and texts are from strangers, and a terminal obeys these."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(_CONTROL.sub("�", segment.text), segment.style)


class _Output(_Stream):
    """Standard output, on which the answer is lost that cannot be printed."""

    @property
    def size(self) -> ConsoleDimensions:
        """As in `rich`; but what is no terminal is wide, so that no table lacks a column."""
        size = super().size
        if self._width is None and not self.is_terminal and "COLUMNS" not in os.environ:
            return ConsoleDimensions(_REDIRECTED_WIDTH, size.height)
        return size

    @size.setter
    def size(self, new_size: tuple[int, int]) -> None:
        self._width, self._height = new_size

    def print(self, *objects: Any, **how: Any) -> None:
        """As in `rich`.

        Raises:
            StorageError: the stream is closed, or its disk is full.
        """
        try:
            with storage_errors(Path("standard output")):
                super().print(*objects, **how)
        except StorageError:
            _discard_output()
            raise

    def on_broken_pipe(self) -> None:
        """Called by `rich` when the reader of a pipe has gone."""
        _exit_for_broken_pipe()


_show_warning = warnings.showwarning  # Python's own
out, err = _Output(), _Stream(stderr=True)  # nothing that goes wrong on the second one ends work, see `cli.run`
_REPORT_COLUMNS = ("Model", "Test accuracy", "95% interval", "Mean error", "Kappa", "Log loss", "Seconds per epoch")
_DROPPABLE = ("Seconds per epoch", "Kappa", "Log loss", "Mean error")  # that recall may drive out, the first one first
_NAME_WIDTH = 26  # at least, of the first column of a table
_UNFOLDED_NAME = 40  # longest word of a name that is kept on one line, if leaving out a column makes space for it


def say(line: str) -> None:
    """Prints a line on standard error."""
    err.print(line, soft_wrap=True)


def show_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, *where: Any, **how: Any
) -> None:
    """Prints a warning about a file as one line, other warnings as Python does."""
    if issubclass(category, LiteralQuotesWarning):
        say(f"note: {message}")
    else:
        _show_warning(message, category, filename, lineno, *where, **how)


def print_columns(columns: list[tuple[str, list[str]]], droppable: Sequence[str] = ()) -> list[str]:
    """Prints a table.

    Args:
        columns: headers and cells; the first column has names, the others figures.
        droppable: headers of columns that may be left out on a narrow terminal, the first one first.

    Returns:
        The headers of the columns that were left out.
    """
    from rich import box
    from rich.table import Table

    dropped = []
    for header in droppable:
        if _least_width(columns) <= out.width:
            break
        dropped += [name for name, _ in columns if name == header]
        columns = [column for column in columns if column[0] != header]
    spacious = _least_width(columns) + len(columns) + 1 <= out.width  # two spaces between columns, one at each end
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=spacious, padding=(0, int(spacious), 0, 0))
    for index, (header, cells) in enumerate(columns):
        width = _longest_word(header, cells)
        if index:  # no figure is broken
            table.add_column(header, justify="right", overflow="fold", width=width)
        else:
            table.add_column(header, overflow="fold", min_width=min(width, _NAME_WIDTH))
    for row in zip(*(cells for _, cells in columns), strict=True):
        table.add_row(*row)
    out.print(table)
    return dropped


def _longest_word(header: str, cells: Sequence[str]) -> int:
    return max(len(word) for value in (header, *cells) for word in value.split())


def _least_width(columns: Sequence[tuple[str, list[str]]], unfolded: int = _UNFOLDED_NAME) -> int:
    """The width of a table in which no figure is broken, and a name only if a word of it is longer than `unfolded`."""
    names, *figures = (_longest_word(header, cells) for header, cells in columns)
    return (names if names <= unfolded else _NAME_WIDTH) + sum(figures) + len(figures)


def with_recall(columns: "Columns", droppable: Sequence[str] = ()) -> "Columns":
    """The columns with the recall of each class where they fit into the terminal, else with the mean F1.

    Args:
        columns: with both; without recall where there are too many classes.
        droppable: headers of columns that give way to recall.
    """
    from sentiment.report.tables import MACRO_F1, RECALL

    recalls = [column for column in columns if column[0].startswith(RECALL)]
    detailed = [column for column in columns if column[0] != MACRO_F1]
    needed = [column for column in detailed if column[0] not in droppable]
    if recalls and _least_width(needed, _NAME_WIDTH) <= out.width:
        return detailed
    return [column for column in columns if column not in recalls]


def print_warnings(sentences: Sequence[str], *, as_json: bool) -> None:
    """Prints sentences about misleading accuracies; beside JSON, on standard error."""
    stream = err if as_json else out
    for sentence in sentences:
        stream.print(sentence, style="yellow", soft_wrap=True)


def print_json(text: str) -> None:
    """Prints JSON; errors as of `standard_output`."""
    with standard_output() as standard:
        standard.write(text.rstrip("\n") + "\n")


def print_report(written: "ReportPaths", as_json: bool) -> None:
    """Prints the leaderboard of a report."""
    from sentiment.report.tables import MACRO_F1, RECALL, format_table

    if as_json:
        print_json(written.leaderboard.read_text(encoding="utf-8"))
        print_warnings(written.warnings, as_json=True)
        print_note(written)
        return
    columns = [
        (header, cells)
        for header, cells in format_table(written.rows)
        if header in (*_REPORT_COLUMNS, MACRO_F1) or header.startswith(RECALL)
    ]
    if dropped := print_columns(with_recall(columns, _DROPPABLE), _DROPPABLE):
        say(f"no room here for: {', '.join(dropped)}; the report has them")
    out.print(written.balance, soft_wrap=True)
    print_warnings(written.warnings, as_json=False)
    out.print(written.verdict, soft_wrap=True)
    if written.left_out:
        names = ", ".join(written.left_out)
        say(f"not compared, because measured on other reviews or on another split: {names}")
    print_note(written)
    for path in (written.html, written.leaderboard):
        say(f"wrote {path}")


def print_note(written: "ReportPaths") -> None:
    """Prints why a report lacks the row of a shipped model that was saved, if it does."""
    if written.note:
        err.print(written.note, style="yellow", soft_wrap=True)


def accuracy_in_words(test: "Figures") -> str:
    """Accuracy of a result of `sentiment.metrics.measures.measure`, and recall or mean F1, as part of a sentence."""
    from sentiment.report.tables import MOST_RECALLS, share

    low, high = test["accuracy_ci95"]
    parts = [f"test accuracy {test['accuracy']:.2%} ({100 * low:.2f}–{100 * high:.2f})"]
    if len(test["recall"]) <= MOST_RECALLS:
        parts += [f"recall of {label} reviews {share(recall)}" for label, recall in test["recall"].items()]
    else:
        parts.append(f"macro F1 {test['macro_f1']:.3f}")
    if test["mean_absolute_error"] is not None:
        parts.append(f"mean error {test['mean_absolute_error']:.3f} grades")
    return ", ".join(parts)


def print_shortcoming(record: "RunRecord", *, as_json: bool) -> None:
    """Prints why the accuracy of a classifier misleads, if it does, as `print_warnings` does."""
    from sentiment.metrics.measures import shortcomings

    sentences = shortcomings([record.test["confusion"]], record.classes)
    print_warnings([f"{record.name} {sentence}" for sentence in sentences if sentence], as_json=as_json)


@contextlib.contextmanager
def standard_output() -> Iterator[TextIO]:
    """Standard output in UTF-8 whatever the locale is, flushed at the end.

    Raises:
        StorageError: it is closed, or its disk is full.
    """
    if not isinstance(sys.stdout, io.TextIOWrapper):
        raise StorageError("expected to be able to write standard output; found it closed; open it, or use --output")
    sys.stdout.reconfigure(encoding="utf-8", newline="", line_buffering=sys.stdout.isatty())
    try:
        with storage_errors(Path("standard output")):
            yield sys.stdout
            sys.stdout.flush()  # so that a reader that has gone is noticed here, not when Python exits
    except BrokenPipeError:
        _exit_for_broken_pipe()
    except StorageError:
        _discard_output()
        raise


def _exit_for_broken_pipe() -> NoReturn:
    _discard_output()
    sys.exit(128 + signal.SIGPIPE)  # not an error: `head` has read enough


def _discard_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more when it exits


class _EndedBySystem(KeyboardInterrupt):
    """A signal that ends a command, which then ends as after Ctrl-C. Its argument is the exit code."""


@contextlib.contextmanager
def ended_by_the_system() -> Iterator[None]:
    """A block that cleans up when a signal ends it, and exits with the code that shells give for the signal."""

    def end(number: int, _frame: object) -> None:
        raise _EndedBySystem(128 + number)

    # Handlers that somebody else has set, such as `nohup`, stay. Only the main thread may set any.
    names = ("SIGTERM", "SIGHUP") if threading.current_thread() is threading.main_thread() else ()
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    signals = [number for number in numbers if signal.getsignal(number) == signal.SIG_DFL]
    for number in signals:
        signal.signal(number, end)
    try:
        yield
    except _EndedBySystem as ended:
        sys.exit(ended.args[0])
    finally:
        for number in signals:
            signal.signal(number, signal.SIG_DFL)


@contextlib.contextmanager
def stopped(consequence: str) -> Iterator[None]:
    """A block that a person may interrupt, or the system; the message says what that leaves behind."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        err.print(f"stopped; {consequence}", style="yellow")
        raise typer.Exit(interrupt.args[0] if isinstance(interrupt, _EndedBySystem) else 130) from None


@contextlib.contextmanager
def long_work() -> Iterator["ProgressBar"]:
    """A block of training: with progress, and with messages when it is interrupted or lacks memory."""
    from sentiment.support.progress import ProgressBar

    try:
        with ended_by_the_system(), stopped(GOES_ON), ProgressBar(err) as report:
            yield report
    except Exception as error:
        if not isinstance(error, MemoryError) and type(error).__name__ != "ResourceExhaustedError":  # TensorFlow's
            raise
        raise SentimentError(
            "expected enough memory for a network and batches of these sizes; found too little; lower units, "
            "vocabulary_size, batch_size or crop_length with --set"
        ) from None


def say_what_answers(models: Path, trained: Sequence[str]) -> None:
    """Says which run answers where none is named, which training does not change, and how a new one is used.

    Args:
        models: the folder of all datasets.
        trained: dataset/name of runs; the first one that is there is the example.
    """
    from sentiment.runs.default_run import command_in, default_run
    from sentiment.runs.saved_run import qualified_name, run_folders

    names = [qualified_name(folder) for folder in run_folders(models)]
    try:
        default = default_run(models, names)
    except RunError as error:
        err.print(str(error), style="yellow", soft_wrap=True)
        return
    if default:
        say(f"{default.name} answers where no run is named: {default.why}")
    else:
        say("no run answers yet where none is named")
    example = next((name for name in trained if name in names), None)
    if not example:
        return
    is_default = default is not None and default.name == example
    asked = command_in(models, "predict" if is_default else f"predict --run {example}")
    say(f'ask {example}: {asked} "A fine film."')
    say(f"judge a file: {asked} --input FILE --output verdicts.csv")
    if not is_default:
        say(f"make it the default: {command_in(models, f'use {example}')}")
