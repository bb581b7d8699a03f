"""What a request may ask of the runs in service, whichever way it came: checked, in time, or refused."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from sentiment.errors import OverloadedError, RequestError
from sentiment.inference.predictor import Prediction
from sentiment.server.serving.catalogue import Catalogue
from sentiment.server.serving.measuring import Measurements
from sentiment.server.serving.served_run import Question, ServedRun
from sentiment.server.settings import ServerSettings
from sentiment.text.cleaning import is_blank

_RETRY_SECONDS = 0.05  # of a file, when the queue has no room for its next rows


class Service:
    """The runs, their limits and their measurements; one for each application.

    Args:
        catalogue: of the runs.
        settings: the limits.
        measured: the measurements.
    """

    def __init__(self, catalogue: Catalogue, settings: ServerSettings, measured: Measurements) -> None:
        self.catalogue = catalogue
        self.settings = settings
        self.measured = measured

    async def predict(self, run: ServedRun, texts: Sequence[str]) -> list[Prediction]:
        """Predictions of one run.

        Args:
            run: that is to answer.
            texts: reviews, in order.

        Raises:
            RequestError: no text, too many, an empty or a too long one.
            OverloadedError: too much waits already, or the answer took too long.
        """
        self.check(texts)
        async with self._in_time(self.settings.timeout_seconds):
            return await run.predictions.submit(texts)

    async def explain(self, run: ServedRun, question: Question) -> dict[str, object]:
        """The explanation of one text by one run.

        Raises:
            RequestError: an empty or a too long text.
            ConfigError: a method that this network does not have.
            RunError: a network that cannot be looked into.
            OverloadedError: too much waits already, or the answer took too long.
        """
        self.check([question.text])
        async with self._in_time(self.settings.timeout_seconds):
            return await run.explain(question)

    async def score(self, run: ServedRun, texts: Sequence[str]) -> list[Prediction]:
        """Predictions for a whole file, a batch at a time, so that people who ask in between are answered.

        Args:
            run: that is to answer.
            texts: its rows; may be empty strings.

        Raises:
            OverloadedError: it took too long.
        """
        found: list[Prediction] = []
        async with self._in_time(self.settings.upload_timeout_seconds):
            while len(found) < len(texts):
                try:
                    rows = texts[len(found) : len(found) + self.settings.batch]
                    found += await run.predictions.submit(rows)
                except OverloadedError:
                    await asyncio.sleep(_RETRY_SECONDS)
        return found

    def check(self, texts: Sequence[str]) -> None:
        """Refuses what is too much or nothing.

        Raises:
            RequestError: no text, too many, an empty or a too long one.
        """
        most, longest = self.settings.max_texts, self.settings.max_characters
        if not 1 <= len(texts) <= most:
            raise RequestError(f"expected 1 to {most} texts in a request; found {len(texts)}; send several requests")
        for number, text in enumerate(texts, start=1):
            which = f"text {number} of {len(texts)}" if len(texts) > 1 else "the text"
            if is_blank(text):
                raise RequestError(f"expected something to read; found that {which} is empty; give at least one word")
            if len(text) > longest:
                raise RequestError(
                    f"expected at most {longest:,} characters in a text; found {len(text):,} in {which}; shorten it"
                )

    @asynccontextmanager
    async def _in_time(self, seconds: float) -> AsyncIterator[None]:
        """A block that may take so long; who is sent away is counted.

        Raises:
            OverloadedError: it took longer, or the block found no room.
        """
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError:
            self.measured.overloads.inc()
            raise OverloadedError(
                f"expected an answer within {seconds:g} seconds; found none; try again later, or send less at once"
            ) from None
        except OverloadedError:
            self.measured.overloads.inc()
            raise
