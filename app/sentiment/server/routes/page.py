"""The page: a prediction for one review, with and without JavaScript, and for a file of reviews."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from sentiment.errors import SentimentError
from sentiment.inference import Prediction
from sentiment.metrics.certainty import in_words
from sentiment.metrics.verdicts import in_percent
from sentiment.server.routes.api import describe, dispatcher_of
from sentiment.server.routes.errors import status_of
from sentiment.server.routes.rendering import render
from sentiment.server.routes.schemas import Model
from sentiment.server.routes.uploads import UPLOADS
from sentiment.server.serving.dispatcher import Dispatcher
from sentiment.server.serving.loaded_run import LoadedRun, Question
from sentiment.text.familiarity import SENTENCES

router = APIRouter()

_Words = dict[str, list[dict[str, Any]]]
_WORDS = 5  # listed for each side where JavaScript does not mark all words


@router.get("/", include_in_schema=False)
async def form(request: Request) -> HTMLResponse:
    """The empty page."""
    return HTMLResponse(_page(dispatcher_of(request)))


@router.post("/", include_in_schema=False)
async def verdict(
    request: Request,
    text: Annotated[str, Form()] = "",
    run: Annotated[str, Form()] = "",
    target: Annotated[str, Form()] = "",
) -> Response:
    """The page with a verdict, for browsers without JavaScript; `target` is the class that is explained."""
    dispatcher = dispatcher_of(request)
    try:
        chosen = dispatcher.registry.get(run or None)
        runs = dispatcher.registry.all()
        results = await asyncio.gather(*(dispatcher.predict(each, [text]) for each in runs))
        predictions = {each.name: prediction for each, [prediction] in zip(runs, results, strict=True)}
        target = target if target in chosen.classes.names else ""  # of another run, chosen before
        words = await _strongest_words(dispatcher, chosen, text, target or None)
    except SentimentError as error:
        status, _, headers = status_of(error)
        return HTMLResponse(_page(dispatcher, text=text, run=run, complaint=str(error)), status, headers)
    page = _page(dispatcher, text=text, run=chosen.name, predictions=predictions, words=words, target=target)
    return HTMLResponse(page)


async def _strongest_words(dispatcher: Dispatcher, run: LoadedRun, text: str, target: str | None) -> _Words | None:
    """The phrases that contribute most to each side, by a heading; None where the run has no explanations."""
    if run.explanations is None:
        return None
    explanation = await dispatcher.explain(run, Question(text, "occlusion", gates=False, target=target))
    ranked = sorted(explanation["phrases"], key=lambda phrase: phrase["contribution"])
    target = explanation["target"]
    others = [name for name in explanation["classes"] if name != target]
    opposite = f"for {others[0]}" if len(others) == 1 else f"against {target}"
    return {
        f"Words for {target}": [phrase for phrase in ranked[::-1][:_WORDS] if phrase["contribution"] > 0],
        f"Words {opposite}": [phrase for phrase in ranked[:_WORDS] if phrase["contribution"] < 0],
    }


def _page(
    dispatcher: Dispatcher,
    text: str = "",
    run: str = "",
    complaint: str = "",
    predictions: dict[str, Prediction] | None = None,
    words: _Words | None = None,
    target: str = "",
) -> str:
    registry = dispatcher.registry
    models = [describe(each, default=each.name == registry.default) for each in registry.all()]
    chosen = run or (models[0].name if models else "")
    datasets = dict.fromkeys(model.dataset for model in models)  # that of the default first
    return render(
        "page.html.jinja",
        models=models,
        classes=next((model.classes for model in models if model.name == chosen), []),
        groups={dataset: [model for model in models if model.dataset == dataset] for dataset in datasets},
        weakest_of=_weakest_class,
        reports={model.dataset: model.report for model in models if model.report},
        text=text,
        chosen=chosen,
        complaint=complaint,
        predictions=predictions or {},
        words=words,
        target=target,
        uploads=UPLOADS,
        sentences=SENTENCES,
        settings=dispatcher.settings,
        certainty=next((model.certainty for model in models if model.name == chosen), None),
        in_percent=in_percent,
        in_words=in_words,
    )


def _weakest_class(model: Model) -> tuple[str, float] | None:
    """The class of which the fewest test reviews are judged rightly, with its recall."""
    known = {name: recall for name, recall in model.test_recall.items() if recall is not None}
    return min(known.items(), key=lambda item: item[1]) if known else None
