"""The reviews that a saved run was trained from, split as they were then."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from sentiment.data.dataset import same_split
from sentiment.data.reviews import load_reviews
from sentiment.data.splits import Splits, split
from sentiment.errors import ReviewsError
from sentiment.runs.saved_run import SavedRun
from sentiment.support.paths import PROJECT


class SplitsOfRuns:
    """Finds the splits of runs; runs of the same reviews share them.

    Args:
        cache: where parsed copies of reviews lie.
    """

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._known: dict[tuple[Any, ...], Splits] = {}

    def load(self, run: SavedRun) -> Splits:
        """The splits that a run was trained, chosen and tested on.

        Raises:
            ReviewsError: the reviews are gone, or are others now.
        """
        dataset = run.record.dataset
        read: dict[str, Any] = {key: dataset.get(key) for key in ("text_column", "label_column")}
        read |= {"rejected": dataset.get("rejected", False)}
        read |= {key: tuple(values) if (values := dataset.get(key)) else None for key in ("positive", "negative")}
        named = Path(dataset["source"])
        # From the project's folder; from where an older training was started; or on the machine that trained it.
        places = (PROJECT / named, named, self._cache.parent / named.name)
        source = next((place for place in places if place.exists()), places[-1])
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
