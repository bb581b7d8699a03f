"""What routes call: checks the texts of a request, queues them for a run, and limits the time."""

import asyncio
import json
import math
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal

from sentiment.errors import LateError, OverloadedError, RequestError, RunError
from sentiment.inference import Prediction
from sentiment.inference.prediction import decided
from sentiment.inference.sentences import TextBySentence, assembled, pieces, spans
from sentiment.metrics.verdicts import THRESHOLD
from sentiment.server.serving.caller import Caller, caller
from sentiment.server.serving.loaded_run import LoadedRun, Question
from sentiment.server.serving.prometheus import ServerMetrics
from sentiment.server.serving.readers import Readers
from sentiment.server.serving.registry import RunRegistry
from sentiment.server.settings import ServerSettings
from sentiment.text.cleaning import is_blank

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_RETRY_SECONDS = 0.05  # until the next batch tries again to be queued

Work = Literal["predictions", "explanations"]  # a queue of a run


class Dispatcher:
    """The runs, limits and metrics of one application."""

    def __init__(self, registry: RunRegistry, settings: ServerSettings, metrics: ServerMetrics) -> None:
        self.registry = registry
        self.settings = settings
        self.metrics = metrics
        self.readers = Readers(settings)

    async def predict(
        self, run: LoadedRun, texts: Sequence[str], threshold: float | None = None, uncertain: float = 0.0
    ) -> list[Prediction]:
        """Predictions of one run, in order; threshold and `uncertain` as of `Predictor.predict`, None: the usual one.

        Raises:
            RequestError: no text, too many texts, an empty text, or one that is too long; or a threshold for more than
                two classes.
            OverloadedError: the queue is full, or the prediction would come too late.
            LateError: it took too long.
        """
        self._check(texts)
        _require_fitting(threshold, run)
        async with self.time_limit(self.settings.timeout_seconds) as seconds_left:
            predictions = await self._in_batches(run, texts, seconds_left, refuse=True)
        return _decided(predictions, run, threshold, uncertain)

    async def sentences(
        self, run: LoadedRun, text: str, threshold: float | None = None, uncertain: float = 0.0
    ) -> TextBySentence:
        """The predictions of one run for a text and its sentences; arguments and errors as of `predict`.

        Raises:
            RequestError: too many sentences.
        """
        self._check([text])
        _require_fitting(threshold, run)
        cut = spans(text)
        if len(cut) > self.settings.max_sentences:
            raise RequestError(
                f"expected at most {self.settings.max_sentences} sentences; found {len(cut)}; shorten the text"
            )
        async with self.time_limit(self.settings.timeout_seconds) as seconds_left:
            predictions = await self._in_batches(run, pieces(text, cut), seconds_left, refuse=True)
        return assembled(text, cut, _decided(predictions, run, threshold, uncertain))

    async def explain(self, run: LoadedRun, question: Question) -> dict[str, Any]:
        """The explanation of one text, as JSON values with the name and version of the run.

        Raises:
            RequestError: an empty text, or one that is too long; or the target is no class of the run.
            UserError: there is nothing to read in the text, or no such method for this network.
            RunError: this network cannot be explained.
            OverloadedError: the queue is full, or the explanation would come too late.
            LateError: it took too long.
        """
        self._check([question.text])
        if run.explanations is None:
            raise RunError(
                f"expected a run whose network can be opened; found {run.name}; ask another run of GET /v1/models"
            )
        if question.target not in (None, *run.classes.names):  # without its name: it came from a client, and is logged
            raise RequestError(
                f"expected as target a class of {run.name}, one of {', '.join(run.classes.names)}; found another; "
                "choose one of these, or leave it out"
            )
        async with self.time_limit(self.settings.timeout_seconds) as seconds_left:
            [explanation] = await run.explanations.submit([question], seconds_left)
            return explanation

    async def score(self, run: LoadedRun, texts: Sequence[str]) -> list[Prediction]:
        """Predictions for the rows of a file, which wait for room; to be called within `time_limit`."""
        return await self._in_batches(run, texts, math.inf, refuse=False)

    async def _in_batches(
        self, run: LoadedRun, texts: Sequence[str], seconds_left: float, *, refuse: bool
    ) -> list[Prediction]:
        """Predictions in order, with one batch at a time in the queue, so that other requests come in between.

        Raises:
            OverloadedError: the queue is full for the first batch and `refuse` is set. Later batches wait for a place:
                what has been computed would be lost.
        """
        predictions: list[Prediction] = []
        while len(predictions) < len(texts):
            batch = texts[len(predictions) : len(predictions) + self.settings.batch]
            is_first = refuse and not predictions
            try:
                predictions += await run.predictions.submit(batch, seconds_left if is_first else math.inf)
            except OverloadedError:
                if is_first:
                    raise
                await asyncio.sleep(_RETRY_SECONDS)
        return predictions

    def _check(self, texts: Sequence[str]) -> None:
        limit, longest = self.settings.max_texts, self.settings.max_characters
        if not 1 <= len(texts) <= limit:
            raise RequestError(f"expected 1 to {limit} texts in a request; found {len(texts)}; send several requests")
        for number, text in enumerate(texts, start=1):
            which = f"text {number} of {len(texts)}" if len(texts) > 1 else "the text"
            if is_blank(text):
                raise RequestError(f"expected something to read; found that {which} is empty; give at least one word")
            if _SURROGATE.search(text):  # JSON can have one, UTF-8 cannot
                raise RequestError(
                    f"expected whole characters; found half of one, a lone surrogate, in {which}; cut texts elsewhere"
                )
            if len(text) > longest:
                raise RequestError(
                    f"expected at most {longest:,} characters in a text; found {len(text):,} in {which}; shorten it"
                )

    @property
    def has_full_queue(self) -> bool:
        """Whether a queue of any run is full."""
        queues = (queue for run in self.registry.all() for queue in (run.predictions, run.explanations))
        return any(queue is not None and queue.is_full for queue in queues)

    def require_room(self, work: Work, body: bytes) -> None:
        """Raises OverloadedError if the queue that a request is for is full.

        The web framework takes far longer to read a request than this. Above capacity most of it would be for requests
        that are then refused. What this cannot read, it leaves to the framework.
        """
        if not self.has_full_queue:
            return
        try:
            name = json.loads(body).get("run")
            queue = getattr(self.registry.get(name), work)
        except (ValueError, AttributeError, RecursionError, RunError):
            return
        if queue:
            try:
                queue.require_room(1)
            except OverloadedError:
                self.metrics.overloads.inc()
                raise

    @asynccontextmanager
    async def time_limit(self, seconds: float) -> AsyncIterator[float]:
        """A block that may last so long after the request came, or until the client leaves; gives the seconds left.

        Overloads are counted, also of full queues.

        Raises:
            LateError: it took too long.
        """
        client = caller.get(Caller())
        limit = min(seconds, client.deadline - client.came)
        ends = client.came + limit
        try:
            async with asyncio.timeout_at(ends):
                with client.waiting():
                    yield ends - asyncio.get_running_loop().time()
        except (TimeoutError, OverloadedError) as error:
            self.metrics.overloads.inc()
            if isinstance(error, OverloadedError):
                raise
            within = f"within {limit:.3g} seconds" if limit > 0 else "before the client leaves"
            raise LateError(f"expected an answer {within}; found none; try again later, or send less at once") from None


def _require_fitting(threshold: float | None, run: LoadedRun) -> None:
    """Raises RequestError for a threshold where there are more than two classes."""
    if threshold is not None and not run.classes.is_binary:
        raise RequestError(
            f"expected no threshold for {run.name}, because it has {len(run.classes)} classes, of which the most "
            f"probable one is the label; found {threshold:g}; leave it out"
        )


def _decided(
    predictions: list[Prediction], run: LoadedRun, threshold: float | None, uncertain: float
) -> list[Prediction]:
    """As a request wants them: its texts were computed together with those of requests with other wishes."""
    if threshold is None and not uncertain:
        return predictions
    limit = THRESHOLD if threshold is None else threshold
    return [decided(each, run.run.record.sure_from, limit, uncertain) for each in predictions]
