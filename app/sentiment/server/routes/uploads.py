"""A file of reviews that comes back with a prediction in each row."""

import asyncio
import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import Response

from sentiment.data.files import OPENERS, read_rows
from sentiment.data.files.apart.process import require_utf8
from sentiment.data.files.apart.reading import ReadFile
from sentiment.data.files.options import LearntColumns, ReadingOptions
from sentiment.data.files.sources import PACKINGS, Source, packing_of
from sentiment.errors import RequestError, ReviewsError
from sentiment.inference import PredictedRow, PredictedRows, columns_of, write_file
from sentiment.server.routes.api import ERRORS, dispatcher_of
from sentiment.server.serving.dispatcher import Dispatcher
from sentiment.server.serving.loaded_run import LoadedRun
from sentiment.server.settings import ServerSettings

router = APIRouter()

# Read row by row, so that memory goes with their size. Other kinds are read in a process of their own. So are
# larger ones, which may take many seconds: a process can be ended when nobody waits for it any more.
_AS_IT_IS = (".csv", ".tsv", ".txt", ".ft", ".jsonl", ".ndjson")
_AS_IT_IS_BYTES = 1 << 20
_MEDIA_TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".tsv": "text/tab-separated-values; charset=utf-8",
    ".jsonl": "application/jsonl",
}
_RESULTS = {".tsv": ".tsv", ".jsonl": ".jsonl", ".ndjson": ".jsonl", ".json": ".jsonl"}  # of other kinds: .csv
UPLOADS = (*OPENERS, *PACKINGS)  # endings that the form takes
_FIELDS = ("file", "column", "run")  # of the form
NOTES = "Sentiment-Notes"  # header of the response; ASCII, as JSON is
_NOTES, _NOTE_CHARACTERS = 10, 400  # in it, at most
_CONTENT: dict[str, dict[str, Any]] = {kind.split(";")[0]: {} for kind in _MEDIA_TYPES.values()}


@router.post(
    "/score",
    responses={**ERRORS, 200: {"description": "The file, with a prediction in each row.", "content": _CONTENT}},
    response_class=Response,
    tags=["reviews"],
    summary="Add a prediction to each row of a file",
)
async def score(
    request: Request,
    file: Annotated[UploadFile, File(description=f"Ends in {', '.join(OPENERS)}, maybe packed.")],
    column: Annotated[str, Form(max_length=200, description="Of the text; empty: review or text.")] = "",
    run: Annotated[str, Form(max_length=200, description="dataset/name; empty: the default.")] = "",
) -> Response:
    """The file with a prediction in each row after its other columns, as `sentiment predict --input` writes it.

    A TSV file comes back as TSV, JSON and JSON lines as JSON lines, and any other file as CSV, all of them unpacked.

    These are: label, confidence, sure, a column `p_...` with the probability of each class, and further ones; of a run
    with finer grades than classes, `stars` as well.

    What was assumed of the file, such as its delimiter, is in the header `Sentiment-Notes`: a JSON array of strings.
    """
    dispatcher = dispatcher_of(request)
    if unknown := sorted(set(await request.form()) - set(_FIELDS)):
        raise RequestError(
            f"expected the form fields {', '.join(_FIELDS)}; found {', '.join(map(repr, unknown))[:200]}; leave it "
            "out, or correct its name"
        )
    ending = _ending(file.filename or "")
    chosen = dispatcher.registry.get(run or None)
    content = await file.read()
    # Files are read and written by path; these are deleted with the response.
    with tempfile.TemporaryDirectory(prefix="sentiment-") as folder:
        upload = Path(folder) / f"upload{ending}"
        await asyncio.to_thread(upload.write_bytes, content)
        async with dispatcher.time_limit(dispatcher.settings.upload_timeout_seconds):
            try:
                read = await _read(upload, column or None, chosen, dispatcher)
            except ReviewsError as error:
                raise RequestError(_for_the_page(str(error), folder)) from None
            _check(read, dispatcher.settings)
            predictions = await dispatcher.score(chosen, [row.text for row in read.rows])
        predicted = [
            PredictedRow(row.others, row.text, label) for row, label in zip(read.rows, predictions, strict=True)
        ]
        output = PredictedRows(predicted, lambda: read.columns, classes=chosen.classes)
        suffix = _RESULTS.get(read.suffix, ".csv")
        scored = Path(folder) / f"scored{suffix}"
        await asyncio.to_thread(write_file, output, scored, suffix[1:])
        content = await asyncio.to_thread(scored.read_bytes)
    headers = {"Content-Disposition": f'attachment; filename="scored{suffix}"'}
    if read.notes:
        headers[NOTES] = json.dumps([_for_the_page(note, folder)[:_NOTE_CHARACTERS] for note in read.notes[:_NOTES]])
    return Response(content, media_type=_MEDIA_TYPES[suffix], headers=headers)


def _ending(name: str) -> str:
    """The ending of an upload, with that of its packing; its name alone says so, and is used for nothing else."""
    path = Path(name.lower())
    packing = path.suffix if path.suffix in PACKINGS else ""
    suffix = Path(path.stem).suffix if packing else path.suffix
    if suffix in OPENERS or (packing == ".zip" and not suffix):  # which has names of its own
        return suffix + packing
    raise RequestError(
        f"expected a file ending in {', '.join(OPENERS)}, maybe with {', '.join(PACKINGS)} behind it; found another; "
        "convert it to one of these"
    )


async def _read(upload: Path, column: str | None, run: LoadedRun, dispatcher: Dispatcher) -> ReadFile:
    """Its rows: one more than are allowed at most."""
    reserved = columns_of(run.classes)
    learnt = LearntColumns.of_dataset(run.name, run.run.record.dataset)
    is_short = upload.suffix in _AS_IT_IS and upload.stat().st_size <= _AS_IT_IS_BYTES
    if is_short and not await asyncio.to_thread(packing_of, upload):
        most = dispatcher.settings.max_rows
        return await asyncio.to_thread(_read_here, upload, column, learnt, reserved, most)
    return await dispatcher.readers.read(upload, column, learnt, reserved)


def _read_here(
    path: Path, column: str | None, learnt: LearntColumns, reserved: Sequence[str], max_rows: int
) -> ReadFile:
    notes: list[str] = []
    require_utf8(Source(path, OPENERS))
    file = read_rows(path, replace(ReadingOptions.named(column), learnt=learnt), reserved, notes.append)
    rows = list(islice(file.rows, max_rows + 1))  # which may be told of as well
    return ReadFile(rows, file.columns() if file.columns else {}, notes, path.suffix)


def _for_the_page(message: str, folder: str) -> str:
    """A message about an upload, without the folder on this machine, and where its options are to be given."""
    message = message.replace(f"{folder}/", "")
    message = re.sub(r"--column ('[^']*'|[^\s',;)]+(?=[,;)]|$))", r"column=\1", message)  # a field with its value
    message = message.replace("--column", "the field column")
    if " --" in message and "sentiment predict" not in message:
        return f"{message} (an option of: sentiment predict)"
    return message


def _check(read: ReadFile, settings: ServerSettings) -> None:
    if len(read.rows) > settings.max_rows:
        raise RequestError(
            f"expected at most {settings.max_rows:,} rows; found more; split the file, or use: sentiment predict"
        )
    if len(read.columns) >= settings.max_columns:
        raise RequestError(
            f"expected at most {settings.max_columns:,} columns; found {len(read.columns) + 1:,}; leave some out"
        )
    for number, row in enumerate(read.rows, start=1):
        if len(row.text) > settings.max_characters:
            raise RequestError(
                f"expected at most {settings.max_characters:,} characters in a row; found {len(row.text):,} in row "
                f"{number}; shorten it"
            )
