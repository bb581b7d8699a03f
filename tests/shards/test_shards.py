"""Reviews that are larger than memory: where each row goes, and how epochs read them."""

import json
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sentiment.config import TokenizerConfig
from sentiment.data.files import ReadingOptions
from sentiment.data.fingerprints import fingerprints
from sentiment.data.labels import LabelOptions
from sentiment.errors import ReviewsError
from sentiment.runs.provenance import SplitsOfRuns
from sentiment.shards import ShardBatches, Shards, is_shards, making, write_shards
from sentiment.text.batches import Batches, bucket_lengths
from sentiment.text.tokenizer import ReviewTokenizer

WORDS = "one two three four five six seven eight nine ten".split()


def texts(count: int, seed: int = 1) -> list[str]:
    random = np.random.default_rng(seed)
    return [f"{' '.join(random.choice(WORDS, random.integers(3, 30)))} number {i}." for i in range(count)]


def frame(count: int, seed: int = 1) -> pd.DataFrame:
    return pd.DataFrame({"text": texts(count, seed), "label": ["bad", "good"] * (count // 2)})


def parquet_files(folder: Path, table: pd.DataFrame, files: int = 3) -> str:
    folder.mkdir()
    for number, part in enumerate(np.array_split(np.arange(len(table)), files)):
        table.iloc[part].to_parquet(folder / f"{number}.parquet")
    return str(folder / "*.parquet")


@pytest.fixture(scope="module")
def shards(tmp_path_factory) -> Shards:
    folder = tmp_path_factory.mktemp("shards")
    source = parquet_files(folder / "source", frame(2_000))
    return write_shards(source, folder / "mine", words=TokenizerConfig(vocabulary_size=60), shard_tokens=4_000)


def words_of(shards: Shards, *parts: str) -> list[str]:
    """The texts of some parts, as their tokens say them."""
    tokenizer = shards.tokenizer(TokenizerConfig())
    batches = ShardBatches(shards.reading(*parts), 50, seed=1, crop=100)
    return [" ".join(tokenizer.decode(ids[ids > 0])) for index in range(len(batches)) for ids in batches[index][0]]


def test_every_row_is_in_one_split_and_the_account_adds_up(shards):
    info = shards.info
    assert info.train + info.validation + info.test == info.reviews == 2_000
    assert 0.12 < info.test / 2_000 < 0.28
    assert 0.03 < info.validation / 2_000 < 0.15
    assert len(shards.rows["train"]) > 5
    assert sum(shards.rows["train"]) == info.train == sum(shards.per_class)
    assert len(words_of(shards, "train")) == info.train


def test_token_ids_and_fingerprints_are_those_of_the_texts(shards):
    held_out = {*shards.held_out("validation").texts, *shards.held_out("test").texts}
    training = [text for text in texts(2_000) if text not in held_out]
    tokenizer = shards.tokenizer(TokenizerConfig())
    expected = [" ".join(tokenizer.decode(ids)) for ids in tokenizer.token_ids(training, whole=True)]
    assert Counter(words_of(shards, "train")) == Counter(expected)
    assert set(shards.fingerprints("train")) == set(fingerprints(training))


def test_labels_stay_with_their_texts(tmp_path):
    table = pd.DataFrame({"text": [f"good {t}" if i % 2 else f"bad {t}" for i, t in enumerate(texts(400))]})
    table["label"] = ["bad", "good"] * 200
    table.sort_values("label").to_csv(tmp_path / "sorted.csv", index=False)
    shards = write_shards(str(tmp_path / "sorted.csv"), tmp_path / "mine", shard_tokens=500)
    good = shards.tokenizer(TokenizerConfig()).token_ids(["good"])[0][0]
    assert shards.info.classes.names == ("negative", "positive")
    batches = ShardBatches(shards.reading("train"), 32, seed=1, crop=100, targets=lambda labels: labels)
    for index in range(len(batches)):
        token_ids, labels = batches[index]
        np.testing.assert_array_equal(token_ids[:, 0] == good, labels[:, 0] == 1)
        if len(labels) == 32:
            assert 0 < labels.mean() < 1, "a batch of a source that was sorted by label has both classes"


def test_copies_share_a_split_and_are_read_once(tmp_path):
    table = frame(300)
    copies = table.assign(text=table["text"].str.upper())  # the models see the same
    source = parquet_files(tmp_path / "source", pd.concat([table, copies], ignore_index=True))
    shards = write_shards(source, tmp_path / "mine", shard_tokens=700)
    info = shards.info
    assert info.train + info.validation + info.test == 300
    assert info.duplicates_removed == info.train
    assert sum(count for reason, count in info.left_out.items() if reason.startswith("copies")) == 300 - info.train


def test_a_text_with_different_labels_is_not_learnt(tmp_path):
    table = frame(300)
    other = table.iloc[:100].assign(label=["good", "bad"] * 50)
    pd.concat([table, other]).to_csv(tmp_path / "mine.csv", index=False)
    shards = write_shards(str(tmp_path / "mine.csv"), tmp_path / "mine")
    learnt, contradictory = set(shards.fingerprints("train")), fingerprints(table["text"][:100])
    assert not learnt & set(contradictory)
    assert shards.info.contradictions_removed == 200 - 2 * int(
        sum(count for reason, count in shards.info.left_out.items() if reason.startswith("copies")) / 2
    )
    judged = {*shards.held_out("validation").texts, *shards.held_out("test").texts}
    assert not judged & set(table["text"][:100])


def test_splits_that_the_source_names_are_taken_and_no_training_text_is_in_them(tmp_path):
    table = frame(400).assign(split=["train"] * 300 + ["test"] * 60 + ["validation"] * 40)
    leaked = table.iloc[300:310].assign(split="train")
    pd.concat([leaked, table]).to_csv(tmp_path / "mine.csv", index=False)
    shards = write_shards(str(tmp_path / "mine.csv"), tmp_path / "mine")
    assert set(shards.held_out("test").texts) == set(table["text"][300:360])
    assert set(shards.held_out("validation").texts) == set(table["text"][360:])
    assert (shards.info.train, shards.info.test_overlap_removed) == (300, 10)


def test_reviews_without_labels_are_all_read_but_those_held_out(tmp_path):
    frame(2_000)[["text"]].to_json(tmp_path / "mine.jsonl", orient="records", lines=True)
    shards = write_shards(str(tmp_path / "mine.jsonl"), tmp_path / "mine")
    assert (shards.info.train, shards.info.test) == (0, 0)
    assert 5 <= shards.info.validation <= 50
    assert shards.info.unlabelled == 2_000 - shards.info.validation == len(words_of(shards, "unlabelled"))


def test_rows_without_a_label_are_left_out_and_counted(tmp_path):
    table = frame(300)
    table.loc[:49, "label"] = None
    table.loc[50:59, "text"] = " "
    table.to_csv(tmp_path / "mine.csv", index=False)
    assert write_shards(str(tmp_path / "mine.csv"), tmp_path / "mine").info.left_out == {
        "no label": 50, "empty review": 10,
    }  # fmt: skip


def test_an_epoch_reads_every_review_once_in_an_order_of_its_own(shards):
    reading = shards.reading("train")
    batches = ShardBatches(reading, 32, seed=1, crop=100, window=128)

    def epoch(number: int) -> list[bytes]:
        batches.start_epoch(number)
        return [row[row > 0].tobytes() for index in range(len(batches)) for row in batches[index][0]]

    first, second, again = epoch(0), epoch(1), epoch(0)
    assert len(batches) == -(-len(reading) // 32)
    assert Counter(first) == Counter(second)
    assert len(first) == len(reading)
    assert first != second
    assert first == again, "a resumed training reads the same"
    whole = ShardBatches(reading, 32, seed=1, crop=100, window=1 << 16)
    assert Counter(row[row > 0].tobytes() for i in range(len(whole)) for row in whole[i][0]) == Counter(first)


def test_batches_are_like_those_of_a_dataset_in_memory(shards):
    reading = shards.reading("train")
    lengths = np.repeat(np.arange(len(reading.lengths)), reading.lengths)
    token_ids = [np.full(length, 5, np.int32) for length in lengths]
    in_memory = Batches(token_ids, np.zeros(len(token_ids)), 32, seed=1, crop=12)
    mapped = ShardBatches(reading, 32, seed=1, crop=12)
    np.testing.assert_array_equal(reading.buckets(12), bucket_lengths(np.minimum(lengths, 12)))
    assert (len(mapped), mapped.tokens) == (len(in_memory), in_memory.tokens)
    assert all(mapped[index][0].shape[1] <= 24 for index in range(len(mapped)))
    assert mapped[0][0].dtype == np.int32


def test_what_is_read_backward_ends_with_its_first_word(shards):
    forward = ShardBatches(shards.reading("train"), 32, seed=1, crop=100)
    backward = ShardBatches(shards.reading("train"), 32, seed=1, crop=100, backward=True)
    for ids, reversed_ids in zip(forward[0][0], backward[0][0], strict=True):
        np.testing.assert_array_equal(ids[ids > 0], reversed_ids[reversed_ids > 0][::-1])


def test_the_vocabulary_is_of_a_bounded_sample(tmp_path, monkeypatch):
    frame(300).to_csv(tmp_path / "mine.csv", index=False)
    monkeypatch.setattr("sentiment.shards.survey.SAMPLE_CHARACTERS", 1_000)
    lines = []
    write_shards(str(tmp_path / "mine.csv"), tmp_path / "mine", notify=lines.append)
    [line] = [line for line in lines if "vocabulary" in line]
    assert "of 300 texts" in line


def test_no_more_are_held_out_than_fit(tmp_path, monkeypatch):
    monkeypatch.setattr(making, "MOST_TESTED", 20)
    table = frame(400).assign(split=["train"] * 300 + ["test"] * 100)
    table.to_csv(tmp_path / "mine.csv", index=False)
    info = write_shards(str(tmp_path / "mine.csv"), tmp_path / "mine").info
    assert info.test == 20
    assert info.left_out == {"in the test split, beyond its 20": 80}


def test_a_changed_shard_is_refused(tmp_path):
    frame(300).to_csv(tmp_path / "mine.csv", index=False)
    write_shards(str(tmp_path / "mine.csv"), tmp_path / "mine")
    assert is_shards(tmp_path / "mine")
    file = tmp_path / "mine" / "train-00000.ids.npy"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(ReviewsError, match=r"train-00000\.ids\.npy is not the file that was written; make it again"):
        Shards.load(tmp_path / "mine")
    manifest = json.loads((tmp_path / "mine" / "manifest.json").read_text())
    del manifest["files"]["train-00000.ids.npy"]
    (tmp_path / "mine" / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ReviewsError, match="no list of train-00000"):
        Shards.load(tmp_path / "mine")


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (lambda folder: str(folder / "*.parquet"), {}, "expected files that fit the pattern"),
        (lambda folder: frame(10).to_csv(folder / "a.csv", index=False) or str(folder / "a.csv"), {}, "at least 20"),
        (
            lambda folder: frame(40)[["text"]].to_csv(folder / "a.csv", index=False) or str(folder / "a.csv"),
            {"labels": LabelOptions.named("stars")},
            "expected a label column",
        ),
        (
            lambda folder: frame(40).to_csv(folder / "a.csv", index=False) or str(folder / "a.csv"),
            {"reading": ReadingOptions.named("text", "text")},
            "expected a text and a label in columns of their own",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_sharded_is_refused_and_leaves_nothing_behind(tmp_path, make, options, message):
    with pytest.raises(ReviewsError, match=message):
        write_shards(make(tmp_path), tmp_path / "mine", **options)
    assert not (tmp_path / "mine").exists()


def test_shares_are_of_the_rows_that_are_divided(tmp_path, monkeypatch):
    monkeypatch.setattr(making, "MOST_TESTED", 100)
    monkeypatch.setattr(making, "MOST_VALIDATED", 50)
    table = pd.DataFrame({"text": texts(4_000), "label": ["bad", "good"] * 200 + [None] * 3_600})
    table.to_csv(tmp_path / "mine.csv", index=False)
    info = write_shards(str(tmp_path / "mine.csv"), tmp_path / "mine").info
    assert info.test > 50, "a fifth of 400 labelled reviews, not 100 of 4,000 rows"
    assert info.validation > 20


def test_a_text_of_the_test_split_is_not_in_the_validation_split(tmp_path):
    table = frame(400).assign(split=["train"] * 300 + ["test"] * 60 + ["validation"] * 40)
    leaked = table.iloc[300:310].assign(split="validation")
    pd.concat([leaked, table]).to_csv(tmp_path / "mine.csv", index=False)
    shards = write_shards(str(tmp_path / "mine.csv"), tmp_path / "mine")
    assert set(shards.held_out("test").texts) == set(table["text"][300:360])
    assert set(shards.held_out("validation").texts) == set(table["text"][360:])
    assert shards.info.left_out == {"validation reviews, also in the test split": 10}
    assert shards.info.reviews == 400


def test_another_vocabulary_makes_other_reviews_of_the_same_texts(tmp_path):
    frame(300).to_csv(tmp_path / "mine.csv", index=False)
    hashes = [
        write_shards(str(tmp_path / "mine.csv"), tmp_path / str(seed), vocabulary=vocabulary).info.content_hash
        for seed in (1, 2)
        for vocabulary in [ReviewTokenizer.fit(texts(50, seed), TokenizerConfig())]
    ]
    assert hashes[0] != hashes[1]


def test_an_unlabelled_text_is_learnt_wherever_its_hash_lies(tmp_path):
    table = pd.DataFrame({"text": texts(800), "label": ["bad", "good"] * 200 + [""] * 400})
    table["split"] = ["train"] * 400 + ["unlabelled"] * 400
    copies = table.iloc[:400].assign(split="unlabelled", label="")  # of reviews that are judged, too
    pd.concat([table, copies]).to_csv(tmp_path / "mine.csv", index=False)
    shards = write_shards(str(tmp_path / "mine.csv"), tmp_path / "mine")
    judged = shards.info.test + shards.info.validation
    assert shards.info.unlabelled == 800 - judged
    assert shards.info.unlabelled_overlap_removed == judged > 0
    assert set(fingerprints(table["text"][400:])) <= set(shards.fingerprints("unlabelled"))


def test_a_test_split_without_labels_is_none(tmp_path):
    table = frame(400).assign(split=["train"] * 300 + ["test"] * 100)
    table.loc[300:, "label"] = None
    table.to_csv(tmp_path / "mine.csv", index=False)
    info = write_shards(str(tmp_path / "mine.csv"), tmp_path / "mine").info
    assert info.test > 30
    assert info.left_out["no label"] == 100


@pytest.mark.parametrize("labelled", [0, 1])
def test_files_with_and_without_labels_are_not_put_together(tmp_path, labelled):
    for number in (0, 1):
        frame(60)[["text", "label"] if number == labelled else ["text"]].to_csv(tmp_path / f"{number}.csv", index=False)
    with pytest.raises(ReviewsError, match=rf"found one in \S+{labelled}\.csv and none in \S+{1 - labelled}\.csv"):
        write_shards(str(tmp_path / "*.csv"), tmp_path / "mine")


def test_runs_of_shards_and_of_their_source_are_not_mixed_up(shards, tmp_path):
    assert shards.info.source.endswith("*.parquet (in shards)")
    record = SimpleNamespace(dataset={"source": shards.info.source})
    with pytest.raises(ReviewsError, match=r"trained on shards of .*\*\.parquet, which .* other reviews with --data"):
        SplitsOfRuns(tmp_path).load(SimpleNamespace(name="lstm", record=record))
