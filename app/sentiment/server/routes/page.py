"""The page: a review in, a verdict out, with and without JavaScript; and a file of reviews, scored."""

import asyncio
import tempfile
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, Response

from sentiment.data.files import read_rows
from sentiment.data.files.rows import TextRow
from sentiment.errors import RequestError, ReviewsError, SentimentError
from sentiment.inference.predictor import Prediction
from sentiment.inference.verdict_files import COLUMNS, Answer, Answers, write_file
from sentiment.server.routes.api import ERRORS, described, service_of
from sentiment.server.routes.problems import RETRY_AFTER, status_of
from sentiment.server.routes.rendering import render
from sentiment.server.serving.served_run import Question, ServedRun
from sentiment.server.serving.service import Service
from sentiment.text.familiarity import SENTENCES

router = APIRouter()

_WORDS = 5  # named for and against a verdict, where there is no JavaScript to mark them all
# No Parquet: it is compressed, so a small file may hold more than there is memory.
_KINDS = {
    ".csv": "text/csv; charset=utf-8",
    ".tsv": "text/tab-separated-values; charset=utf-8",
    ".jsonl": "application/jsonl",
}
_CONTENT: dict[str, dict[str, Any]] = {kind.split(";")[0]: {} for kind in _KINDS.values()}


@router.get("/", include_in_schema=False)
async def form(request: Request) -> HTMLResponse:
    """The empty page."""
    return HTMLResponse(_page(service_of(request)))


@router.post("/", include_in_schema=False)
async def verdict(request: Request, text: Annotated[str, Form()] = "", run: Annotated[str, Form()] = "") -> Response:
    """The page with a verdict, for browsers without JavaScript."""
    service = service_of(request)
    try:
        asked = service.catalogue.get(run or None)
        service.check([text])
        runs = service.catalogue.all()
        predictions = await asyncio.gather(*(service.predict(each, [text]) for each in runs))
        compared = [(each, prediction) for each, [prediction] in zip(runs, predictions, strict=True)]
        words = await _words(service, asked, text)
    except SentimentError as error:
        status, _ = status_of(error)
        headers = RETRY_AFTER if status == 503 else None
        return HTMLResponse(_page(service, text=text, run=run, complaint=str(error)), status, headers)
    return HTMLResponse(_page(service, text=text, run=asked.name, compared=compared, words=words))


@router.post(
    "/score",
    responses={**ERRORS, 200: {"description": "The file, with a verdict on each row.", "content": _CONTENT}},
    response_class=Response,
    tags=["reviews"],
    summary="Say of each row of a file whether it is positive",
)
async def score(
    request: Request,
    file: Annotated[UploadFile, File(description=f"Ends in {', '.join(_KINDS)}.")],
    column: Annotated[str, Form(max_length=200, description="Of the text; empty: review or text.")] = "",
    run: Annotated[str, Form(max_length=200, description="dataset/name; empty: the default.")] = "",
) -> Response:
    """A file of reviews with the verdict on each row, its other columns in front: what the command `predict` writes."""
    service = service_of(request)
    kind = Path(file.filename or "").suffix.lower()
    if kind not in _KINDS:
        raise RequestError(f"expected a file ending in {', '.join(_KINDS)}; found another; convert it to one of these")
    asked = service.catalogue.get(run or None)
    content = await _scored(service, asked, await file.read(), kind, column or None)
    return Response(
        content, media_type=_KINDS[kind], headers={"Content-Disposition": f'attachment; filename="scored{kind}"'}
    )


async def _scored(service: Service, run: ServedRun, content: bytes, kind: str, column: str | None) -> bytes:
    # Through files, because that is how a CSV of any kind is read and written here; they are gone with the answer.
    with tempfile.TemporaryDirectory(prefix="sentiment-") as folder:
        given, scored = Path(folder) / f"upload{kind}", Path(folder) / f"scored{kind}"
        most = service.settings.max_rows

        def read() -> tuple[list[TextRow], dict[str, Any]]:
            given.write_bytes(content)
            several: list[str] = []
            file = read_rows(given, column, COLUMNS, several.append)
            if several:  # the file that comes back has no room for a note
                raise ReviewsError(f"expected one column that may be the text; found several: {several[0]}")
            return list(islice(file.rows, most + 1)), file.columns() if file.columns else {}

        try:
            rows, columns = await asyncio.to_thread(read)
        except ReviewsError as error:
            raise RequestError(str(error).replace(f"{folder}/", "").replace("--column", "the field Column")) from None
        if len(rows) > most:
            raise RequestError(f"expected at most {most:,} rows; found more; split the file, or use: sentiment predict")
        if len(columns) >= (widest := service.settings.max_columns):
            raise RequestError(f"expected at most {widest:,} columns; found {len(columns) + 1:,}; leave some out")
        longest = service.settings.max_characters
        for number, row in enumerate(rows, start=1):
            if len(row.text) > longest:
                raise RequestError(
                    f"expected at most {longest:,} characters in a row; found {len(row.text):,} in row {number}; "
                    "shorten it"
                )
        predictions = await service.score(run, [row.text for row in rows])
        answers = [Answer(row.others, row.text, prediction) for row, prediction in zip(rows, predictions, strict=True)]
        await asyncio.to_thread(write_file, Answers(answers, lambda: columns), scored, kind.removeprefix("."))
        return await asyncio.to_thread(scored.read_bytes)


async def _words(service: Service, run: ServedRun, text: str) -> dict[str, list[dict[str, Any]]] | None:
    """The words that say most for a verdict and against it."""
    if run.explanations is None:
        return None
    tokens: Any = (await service.explain(run, Question(text, "occlusion", gates=False)))["tokens"]
    ranked = sorted(tokens, key=lambda token: token["contribution"])
    return {
        "positive": [token for token in ranked[::-1][:_WORDS] if token["contribution"] > 0],
        "negative": [token for token in ranked[:_WORDS] if token["contribution"] < 0],
    }


def _page(
    service: Service,
    text: str = "",
    run: str = "",
    complaint: str = "",
    compared: list[tuple[ServedRun, Prediction]] | None = None,
    words: dict[str, list[dict[str, Any]]] | None = None,
) -> str:
    default = service.catalogue.default
    models = [described(each, default=each.name == default) for each in service.catalogue.all()]
    return render(
        "page.html.jinja",
        models=models,
        reports={model.dataset: model.report for model in models if model.report},
        text=text,
        chosen=run or (models[0].name if models else ""),
        complaint=complaint,
        predictions={each.name: prediction for each, prediction in compared or []},
        words=words,
        sentences=SENTENCES,
        settings=service.settings,
    )
