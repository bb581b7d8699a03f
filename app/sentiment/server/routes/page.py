"""The page: a prediction for one review, with and without JavaScript, and for a file of reviews."""

import asyncio
import json
import tempfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, Response

from sentiment.data.files import OPENERS, read_rows
from sentiment.data.files.recognition.encodings import encoding_of
from sentiment.data.files.rows import TextRow
from sentiment.data.files.sources import PACKINGS, Source, packing_of
from sentiment.errors import RequestError, ReviewsError, SentimentError
from sentiment.inference import PredictedRow, PredictedRows, Prediction, columns_of, write_file
from sentiment.server.routes.api import ERRORS, describe, dispatcher_of
from sentiment.server.routes.errors import status_of
from sentiment.server.routes.rendering import render
from sentiment.server.routes.schemas import Model
from sentiment.server.serving.dispatcher import Dispatcher
from sentiment.server.serving.loaded_run import LoadedRun, Question
from sentiment.server.settings import ServerSettings
from sentiment.text.familiarity import SENTENCES

router = APIRouter()

_Words = dict[str, list[dict[str, Any]]]
_WORDS = 5  # listed for each side where JavaScript does not mark all words
# Not Parquet: it is compressed, so a small file may need more memory than there is.
_MEDIA_TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".tsv": "text/tab-separated-values; charset=utf-8",
    ".jsonl": "application/jsonl",
}
NOTES = "Sentiment-Notes"  # header of the response; ASCII, as JSON is
_NOTES, _NOTE_CHARACTERS = 10, 400  # in it, at most
_CONTENT: dict[str, dict[str, Any]] = {kind.split(";")[0]: {} for kind in _MEDIA_TYPES.values()}


@router.get("/", include_in_schema=False)
async def form(request: Request) -> HTMLResponse:
    """The empty page."""
    return HTMLResponse(_page(dispatcher_of(request)))


@router.post("/", include_in_schema=False)
async def verdict(request: Request, text: Annotated[str, Form()] = "", run: Annotated[str, Form()] = "") -> Response:
    """The page with a verdict, for browsers without JavaScript."""
    dispatcher = dispatcher_of(request)
    try:
        chosen = dispatcher.registry.get(run or None)
        runs = dispatcher.registry.all()
        results = await asyncio.gather(*(dispatcher.predict(each, [text]) for each in runs))
        predictions = {each.name: prediction for each, [prediction] in zip(runs, results, strict=True)}
        words = await _strongest_words(dispatcher, chosen, text)
    except SentimentError as error:
        status, _, headers = status_of(error)
        return HTMLResponse(_page(dispatcher, text=text, run=run, complaint=str(error)), status, headers)
    return HTMLResponse(_page(dispatcher, text=text, run=chosen.name, predictions=predictions, words=words))


@router.post(
    "/score",
    responses={**ERRORS, 200: {"description": "The file, with a prediction in each row.", "content": _CONTENT}},
    response_class=Response,
    tags=["reviews"],
    summary="Add a prediction to each row of a file",
)
async def score(
    request: Request,
    file: Annotated[UploadFile, File(description=f"Ends in {', '.join(_MEDIA_TYPES)}.")],
    column: Annotated[str, Form(max_length=200, description="Of the text; empty: review or text.")] = "",
    run: Annotated[str, Form(max_length=200, description="dataset/name; empty: the default.")] = "",
) -> Response:
    """The file with a prediction in each row after its other columns, as `sentiment predict --input` writes it.

    With two classes: label, probability of the second one, and further columns. With more: label, confidence, and a
    column `p_...` with the probability of each class.

    What was assumed of the file, such as its delimiter, is in the header `Sentiment-Notes`: a JSON array of strings.
    """
    dispatcher = dispatcher_of(request)
    suffix = Path(file.filename or "").suffix.lower()
    if suffix not in _MEDIA_TYPES:
        advice = "unpack it, and send what is in it" if suffix in PACKINGS else "convert it to one of these"
        raise RequestError(f"expected a file ending in {', '.join(_MEDIA_TYPES)}; found another; {advice}")
    chosen = dispatcher.registry.get(run or None)
    content = await file.read()
    # Files are read and written by path; these are deleted with the response.
    with tempfile.TemporaryDirectory(prefix="sentiment-") as folder:
        upload, scored = Path(folder) / f"upload{suffix}", Path(folder) / f"scored{suffix}"
        try:
            rows, columns, notes = await asyncio.to_thread(
                _read_upload, content, upload, column or None, columns_of(chosen.classes), dispatcher.settings.max_rows
            )
        except ReviewsError as error:
            raise RequestError(_for_the_page(str(error), folder)) from None
        _check_upload(rows, columns, dispatcher.settings)
        predictions = await dispatcher.score(chosen, [row.text for row in rows])
        predicted = [PredictedRow(row.others, row.text, label) for row, label in zip(rows, predictions, strict=True)]
        output = PredictedRows(predicted, lambda: columns, classes=chosen.classes)
        await asyncio.to_thread(write_file, output, scored, suffix[1:])
        content = await asyncio.to_thread(scored.read_bytes)
    headers = {"Content-Disposition": f'attachment; filename="scored{suffix}"'}
    if notes:
        headers[NOTES] = json.dumps([_for_the_page(note, folder)[:_NOTE_CHARACTERS] for note in notes[:_NOTES]])
    return Response(content, media_type=_MEDIA_TYPES[suffix], headers=headers)


def _read_upload(
    content: bytes, path: Path, column: str | None, reserved: Sequence[str], max_rows: int
) -> tuple[list[TextRow], dict[str, Any], list[str]]:
    """The rows, `max_rows` + 1 at most, the types of the other columns by name, and what was assumed of the file."""
    path.write_bytes(content)
    # Whatever its name: a small packed file may need more memory and time than there is.
    if packing := packing_of(path):
        raise ReviewsError(f"expected a file as it is; found a {packing[1:]} file; unpack it, and send what is in it")
    notes: list[str] = []
    if path.suffix != ".jsonl":  # which is UTF-8, or refused
        encoding_of(Source(path, OPENERS), None, notes.append)
    if notes:  # letters would be wrong in the file that comes back
        guess = notes[0].partition(";")[2].strip().removeprefix("its encoding is ").partition(";")[0]
        raise ReviewsError(
            f"expected UTF-8 in {path}; found another encoding, {guess}; save the file as UTF-8 and send it again, or "
            "use: sentiment predict --encoding"
        )
    file = read_rows(path, column, reserved, notes.append)
    rows = list(islice(file.rows, max_rows + 1))  # which may be told of as well
    return rows, file.columns() if file.columns else {}, notes


def _for_the_page(message: str, folder: str) -> str:
    """A message about an upload, without the folder on this machine, and where its options are to be given."""
    message = message.replace(f"{folder}/", "").replace("--column", "the field Column")
    if " --" in message and "sentiment predict" not in message:
        return f"{message} (an option of: sentiment predict)"
    return message


def _check_upload(rows: list[TextRow], columns: dict[str, Any], settings: ServerSettings) -> None:
    if len(rows) > settings.max_rows:
        raise RequestError(
            f"expected at most {settings.max_rows:,} rows; found more; split the file, or use: sentiment predict"
        )
    if len(columns) >= settings.max_columns:
        raise RequestError(
            f"expected at most {settings.max_columns:,} columns; found {len(columns) + 1:,}; leave some out"
        )
    for number, row in enumerate(rows, start=1):
        if len(row.text) > settings.max_characters:
            raise RequestError(
                f"expected at most {settings.max_characters:,} characters in a row; found {len(row.text):,} in row "
                f"{number}; shorten it"
            )


async def _strongest_words(dispatcher: Dispatcher, run: LoadedRun, text: str) -> _Words | None:
    """The words that contribute most to each side, by a heading; None where the run has no explanations."""
    if run.explanations is None:
        return None
    explanation = await dispatcher.explain(run, Question(text, "occlusion", gates=False))
    ranked = sorted(explanation["tokens"], key=lambda token: token["contribution"])
    target = explanation["target"]
    others = [name for name in explanation["classes"] if name != target]
    opposite = f"for {others[0]}" if len(others) == 1 else f"against {target}"
    return {
        f"Words for {target}": [token for token in ranked[::-1][:_WORDS] if token["contribution"] > 0],
        f"Words {opposite}": [token for token in ranked[:_WORDS] if token["contribution"] < 0],
    }


def _page(
    dispatcher: Dispatcher,
    text: str = "",
    run: str = "",
    complaint: str = "",
    predictions: dict[str, Prediction] | None = None,
    words: _Words | None = None,
) -> str:
    registry = dispatcher.registry
    models = [describe(each, default=each.name == registry.default) for each in registry.all()]
    chosen = run or (models[0].name if models else "")
    return render(
        "page.html.jinja",
        models=models,
        classes=next((model.classes for model in models if model.name == chosen), []),
        compared=_compared_classes(models),
        reports={model.dataset: model.report for model in models if model.report},
        text=text,
        chosen=chosen,
        complaint=complaint,
        predictions=predictions or {},
        words=words,
        sentences=SENTENCES,
        settings=dispatcher.settings,
    )


def _compared_classes(models: Sequence[Model]) -> list[str] | None:
    """The two classes of all runs, so that one column has the probability of the second; None if they have others."""
    classes = models[0].classes if models else []
    return classes if len(classes) == 2 and all(model.classes == classes for model in models) else None
