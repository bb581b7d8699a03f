"""Reviews of other domains in files that `sentiment train` reads, to compare classifiers of more than two classes.

They come out of one Parquet file with many sources. It has the columns `text`, `stars` (1 to 5, or missing), `label`
(negative, neutral or positive, or missing), `source_id`, and `split` (train, validation, test).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sentiment.errors import ReviewsError
from sentiment.everyday.corpus import FILE, read_table
from sentiment.support.storage import new_file

_COLUMNS = ("label", "source_id", "split", "stars", "text")


@dataclass(frozen=True)
class Domain:
    """Sources of one kind of text, and what is told apart in them."""

    sources: tuple[str, ...]
    label: str  # the column that becomes `label`
    options: str = ""  # of `sentiment train`


THREE = '--labels "1,2=negative; 3=neutral; 4,5=positive"'
DOMAINS: Mapping[str, Domain] = {
    "clothing-stars": Domain(("womens_clothing",), "stars"),
    "restaurants-stars": Domain(("zomato_hyderabad", "zomato_skathirmani"), "stars"),
    "tweets-three": Domain(("tweeteval_sentiment",), "label"),
    "airlines-three": Domain(("skytrax_airlines_1", "skytrax_airlines_2", "skytrax_airlines_3"), "stars", THREE),
}


def write_domains(folder: Path, target: Path, domains: Mapping[str, Domain] = DOMAINS) -> dict[str, Path]:
    """Writes a Parquet file with `review`, `label` and `split` for each domain.

    Args:
        folder: with `reviews.parquet`.
        target: where the files go.
        domains: by name.

    Returns:
        The file of each domain.

    Raises:
        ReviewsError: there is no such file, it lacks a column, or it has no text of a domain.
        StorageError: no room left, or no permission.
    """
    frame = read_table(folder, _COLUMNS)
    written = {}
    for name, domain in domains.items():
        rows = frame[frame["source_id"].isin(domain.sources) & frame[domain.label].notna()]
        if rows.empty:
            raise ReviewsError(f"expected texts of {', '.join(domain.sources)} in {folder / FILE}; found none")
        label = rows[domain.label].astype(int) if domain.label == "stars" else rows[domain.label]
        written[name] = target / f"{name}.parquet"
        with new_file(written[name]) as temporary:
            pd.DataFrame({"review": rows["text"], "label": label, "split": rows["split"]}).to_parquet(
                temporary, index=False
            )
    return written
