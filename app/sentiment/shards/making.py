"""A folder of shards from a source of any size: two readings, of which the second tokenises.

source -> rows -> survey      labels, vocabulary, number of rows
       -> rows -> distribute  held-out texts, and token ids in shards
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from sentiment.config import POLARITY, Config, TokenizerConfig
from sentiment.data.dataset import IN_SHARDS, DatasetInfo, place_of, require_enough
from sentiment.data.files import ReadingOptions
from sentiment.data.files.recognition.splits import VALIDATION
from sentiment.data.labels import LabelMeaning, LabelOptions, interpret_counts
from sentiment.data.labels.learnt import MOST_VALUES
from sentiment.data.labels.schemes import Scheme
from sentiment.errors import ReviewsError
from sentiment.runs.results import write_json
from sentiment.runs.saved_run import CONFIG, TOKENIZER, sha256, write_manifest
from sentiment.shards.folder import SHARDS, STATISTICS, Shards
from sentiment.shards.rows import Row, files_of, has_labels, rows_of
from sentiment.shards.survey import Survey, survey
from sentiment.shards.writing import EMPTY, SHARD_TOKENS, Counts, Division, HeldOut, Writer, distribute, shard_count
from sentiment.support.storage import new_folder
from sentiment.text.tokenizer import ReviewTokenizer

MOST_TESTED, MOST_VALIDATED = 25_000, 5_000  # reviews that are held out, at most: they stay in memory while training
_FEWEST = 100  # different reviews without labels
_HELD_OUT_SHARE = 0.01  # of reviews without labels, to measure the perplexity on


def write_shards(
    source: str,
    target: Path,
    *,
    reading: ReadingOptions = ReadingOptions(),  # noqa: B008  immutable
    labels: LabelOptions = LabelOptions(),  # noqa: B008
    words: TokenizerConfig = TokenizerConfig(),  # noqa: B008
    vocabulary: ReviewTokenizer | None = None,
    notify: Callable[[str], None] = lambda line: None,  # noqa: ARG005
    shard_tokens: int = SHARD_TOKENS,
) -> Shards:
    """Tokenises reviews of any number into a folder of shards, in memory that does not grow with them.

    The source is read twice, and tokenised once. See `sentiment.shards` for what a hash of each text decides.

    Args:
        source: a file, an address, a folder of tables or texts, or a pattern such as `reviews/*.parquet`.
        target: becomes the folder.
        reading: how to read the files.
        labels: what the labels mean; nothing said: a scheme that is recognised. A source without a label column has
            unlabelled reviews.
        words: the size of the vocabulary.
        vocabulary: of an encoder that training will start from, instead of a new one.
        notify: is told what is assumed, a line each.
        shard_tokens: of a shard, about.

    Raises:
        ReviewsError: a file is missing or unreadable, a label cannot be read in one way only, or there are too few
            reviews.
        StorageError: the disk is full or cannot be written.
    """
    files = files_of(source)
    labelled = has_labels(files, reading)
    if not labelled and labels:
        raise ReviewsError(
            f"expected a label column, such as sentiment or label, in {files[0]} with --labels, --positive or "
            "--negative; found none; name it with --label-column, or leave these options out"
        )

    def rows(*, told: bool = False) -> Iterator[Row]:
        return rows_of(files, reading, labelled=labelled, notify=notify if told else None)

    seen = survey(rows(told=True), source)
    meaning = interpret_counts(seen.labels, seen.shown, labels, source) if labelled else None
    division = _division(seen, meaning)
    if vocabulary is None:
        drawn = sorted(seen.sample, reverse=True)
        vocabulary = ReviewTokenizer.fit(
            [text for _, key, text in drawn if division.split_of(key) == "train"] or [text for _, _, text in drawn],
            words,
        )
        if len(drawn) < seen.rows:
            notify(f"the vocabulary is that of {len(drawn):,} of {seen.rows:,} texts, drawn by their hash")
    counts = Counts()
    held_out = {VALIDATION: HeldOut(MOST_VALIDATED), "test": HeldOut(MOST_TESTED)}
    seen.sample.clear()
    with new_folder(target) as folder:
        writer = Writer(folder, vocabulary, shard_count(seen.characters, shard_tokens), counts)
        distribute(rows(), division, held_out, dict(meaning.scheme.index_of) if meaning else None, counts, writer.add)
        test = held_out["test"].chosen()
        chosen = {VALIDATION: held_out[VALIDATION].chosen({key for key, _, _ in test}), "test": test}
        counts.left_out["validation reviews, also in the test split"] = held_out[VALIDATION].elsewhere
        for name, judged in held_out.items():
            counts.left_out[f"in the {name} split, beyond its {judged.limit:,}"] = judged.beyond
            counts.left_out[f"copies in the {name} split"] = judged.copies + len(judged.contradictory)
        vocabulary.save(folder / TOKENIZER)
        digest = hashlib.sha256(sha256(folder / TOKENIZER).encode())  # the token ids are those of this vocabulary
        for part, arrays in writer.finish(np.array([key for rows in chosen.values() for key, _, _ in rows], np.uint64)):
            digest.update(part.encode() + arrays["keys"].tobytes() + arrays["labels"].tobytes())
        for name, texts in chosen.items():
            lines = [json.dumps({"text": text, "label": label}, ensure_ascii=False) for _, text, label in texts]
            (folder / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            digest.update(f"{name}{[(key, label) for key, _, label in texts]}".encode())
        info = _info(source, target, reading, labels, meaning, seen, counts, chosen, digest.hexdigest())
        _require_enough(info, counts, chosen)
        write_json(folder / CONFIG, asdict(words))
        write_json(folder / SHARDS, {"dataset": asdict(info), "rows": counts.rows, "classes": _per_class(info, counts)})
        statistics = {f"{part}_words": values for part, values in counts.words.items()}
        statistics |= {f"{part}_lengths": values for part, values in counts.lengths.items()}
        np.savez(folder / STATISTICS, **statistics)  # type: ignore[arg-type]  # it has a parameter of another type
        write_manifest(folder)
    return Shards.load(target)


def _division(seen: Survey, meaning: LabelMeaning | None) -> Division:
    if meaning is None:
        return Division(0.0, min(_HELD_OUT_SHARE, MOST_VALIDATED / max(seen.rows, 1)))
    settings, meant = Config().training, meaning.scheme.index_of
    rows = max(sum(count for value, count in seen.drawn_from.items() if value in meant), 1)
    named = {part for part, values in seen.named.items() if not values.isdisjoint(meant)}
    test = 0.0 if "test" in named else min(settings.test_fraction, MOST_TESTED / rows)
    validation = (1 - test) * min(settings.validation_fraction, MOST_VALIDATED / rows)
    return Division(test, 0.0 if VALIDATION in named else validation)


def _info(
    source: str,
    target: Path,
    reading: ReadingOptions,
    labels: LabelOptions,
    meaning: LabelMeaning | None,
    seen: Survey,
    counts: Counts,
    chosen: Mapping[str, list[Any]],
    content_hash: str,
) -> DatasetInfo:
    scheme = meaning.scheme if meaning else Scheme(POLARITY, {}, "none")
    values = scheme.index_of if len(scheme.index_of) <= MOST_VALUES else {}
    return DatasetInfo(
        name=re.sub(r"[\W_]+", "-", target.resolve().name.lower()).strip("-") or "shards",
        source=place_of(source) + IN_SHARDS,
        reviews=seen.rows - sum(count for reason, count in counts.left_out.items() if reason != EMPTY),
        content_hash=content_hash,
        train=sum(counts.rows.get("train", ())),
        validation=len(chosen[VALIDATION]),
        test=len(chosen["test"]),
        unlabelled=sum(counts.rows.get("unlabelled", ())),
        duplicates_removed=counts.duplicates["train"],
        test_overlap_removed=counts.overlap["train"],
        unlabelled_overlap_removed=counts.overlap["unlabelled"],
        unlabelled_duplicates_removed=counts.duplicates["unlabelled"],
        contradictions_removed=counts.contradictions,
        text_column=next(iter(reading.text_columns), None),
        label_column=reading.label_column,
        positive=labels.positive,
        negative=labels.negative,
        labels=labels.labels,
        left_out={reason: count for reason, count in counts.left_out.items() if count},
        reading=reading.to_json(),
        label_values={value: scheme.classes.names[index] for value, index in sorted(values.items())},
        classes=scheme.classes,
    )


def _per_class(info: DatasetInfo, counts: Counts) -> list[int]:
    return [counts.labels[index] for index in range(len(info.classes))]


def _require_enough(info: DatasetInfo, counts: Counts, chosen: Mapping[str, list[Any]]) -> None:
    """Refuses a source with too few reviews, or with a class that a split lacks."""
    source = info.source.removesuffix(IN_SHARDS)
    if not info.train:
        if info.unlabelled < _FEWEST:
            raise ReviewsError(
                f"expected at least {_FEWEST} different reviews in {source}; found {info.unlabelled}; give more"
            )
        return
    few = [label for label, count in counts.labels.items() for _ in range(min(count, _FEWEST))]
    require_enough(few, source, info.classes)
    present = {"training": set(counts.labels)} | {name: {label for *_, label in rows} for name, rows in chosen.items()}
    for name, labels in present.items():
        if lacking := [text for index, text in enumerate(info.classes.names) if index not in labels]:
            raise ReviewsError(
                f"expected reviews of all classes in the {name} split of {source}; found none that is "
                f"{' or '.join(lacking)}; give more of them, put a rare class together with another with --labels, or "
                "train without shards"
            )
