"""The reviews and the split of a saved run."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from sentiment.data.dataset import CORPUS, IN_SHARDS, same_split
from sentiment.data.files import ReadingOptions
from sentiment.data.files.sources import is_remote
from sentiment.data.reviews import load_reviews
from sentiment.data.splits import Splits, split
from sentiment.errors import ReviewsError
from sentiment.runs.saved_run import SavedRun
from sentiment.support.paths import PROJECT


class SplitsOfRuns:
    """Loads the splits of runs; runs of the same reviews share them.

    Args:
        cache: of parsed reviews.
    """

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._known: dict[tuple[Any, ...], Splits] = {}

    def load(self, run: SavedRun) -> Splits:
        """The training, validation and test reviews of a run.

        Raises:
            ReviewsError: the reviews are gone or have changed.
        """
        dataset = run.record.dataset
        if dataset["source"] == CORPUS:
            raise ReviewsError(
                f"expected reviews of {run.name} in one source; found that it is made of several by `make everyday`; "
                "evaluate it on other reviews with --data, or in each of its domains with: "
                "python -m benchmarks by-domain"
            )
        if dataset["source"].endswith(IN_SHARDS):
            raise ReviewsError(
                f"expected reviews of {run.name} that can be split again; found that it was trained on shards of "
                f"{dataset['source'].removesuffix(IN_SHARDS)}, which are split by a hash of each text; its figures on "
                "the test split are in its metrics.json; measure it on other reviews with --data"
            )
        read: dict[str, Any] = {"reading": ReadingOptions.from_json(dataset).at(self._place)}
        read |= {"rejected": dataset.get("rejected", False), "labels": dataset.get("labels")}
        read |= {key: tuple(values) if (values := dataset.get(key)) else None for key in ("positive", "negative")}
        source = self._place(dataset["source"])
        key = (source, *read.values(), *run.config.split.values())
        if key not in self._known:
            self._known[key] = split(load_reviews(source, cache=self._cache, **read), **run.config.split)
        dataset_now = self._known[key].dataset
        if dataset_now.content_hash != dataset["content_hash"]:
            raise ReviewsError(
                f"expected the reviews that {run.name} was trained from, hash {dataset['content_hash'][:12]}; found "
                f"{source} with hash {dataset_now.content_hash[:12]}; restore it, or name these with --data"
            )
        if not same_split(dataset, asdict(dataset_now)):
            raise ReviewsError(
                f"expected the split that {run.name} was trained and tested on; found another, because texts are read "
                "otherwise since then, and some of its training reviews would be test reviews; train it again"
            )
        return self._known[key]

    def _place(self, source: str) -> str:
        """Where reviews are now: at their address, in the project, where an older training was started, or, from
        another machine, in the data folder."""
        if is_remote(source):
            return source
        named = Path(source)
        places = (PROJECT / named, named, self._cache.parent / named.name)
        return str(next((place for place in places if place.exists()), places[-1]))
