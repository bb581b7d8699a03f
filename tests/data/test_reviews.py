"""Reviews are read from files, archives and folders; a mistake in them is an error of one line."""

import hashlib
import io
import os
import socket
import tarfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sentiment.config import Classes
from sentiment.data import parts
from sentiment.data import reviews as reviews_module
from sentiment.data.download import Download
from sentiment.data.reviews import Reviews, find_reviews, load_reviews
from sentiment.errors import ReviewsError, UserError
from sentiment.support.paths import SAMPLE


def csv_rows(count=20):
    return [(f"review number {i}", "positive" if i % 2 else "negative") for i in range(count)]


def write_csv(path, rows=None, header="review,sentiment"):
    lines = [header, *(",".join(row) for row in (rows if rows is not None else csv_rows()))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def pack(path, count=10, text="a film, number"):
    with tarfile.open(path, "w:gz") as archive:
        for split in ("train", "test"):
            for kind in ("pos", "neg"):
                for i in range(count):
                    content = f"{text} {split} {kind} {i}".encode()
                    member = tarfile.TarInfo(f"aclImdb/{split}/{kind}/{i}_5.txt")
                    member.size = len(content)
                    archive.addfile(member, io.BytesIO(content))
    return path


def test_the_table_has_a_text_a_label_and_a_split_for_each_review(tmp_path):
    table = load_reviews(str(write_csv(tmp_path / "a.csv"))).table  # a path may be a string
    assert table.columns.tolist() == ["text", "label", "split"]
    assert [str(kind) for kind in table.dtypes] == ["str", "Int8", "str"]
    assert table["label"].tolist() == [0, 1] * 10
    assert set(table["split"]) == {""}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("My Reviews (2024).csv", "my-reviews-2024"),
        ("IMDB.csv", "imdb-file"),
        ("sample.csv", "sample-file"),
        ("---.csv", "reviews"),
        ("отзывы.csv", "отзывы"),
    ],
)
def test_a_file_gives_the_dataset_its_name(tmp_path, name, expected):
    assert load_reviews(write_csv(tmp_path / name)).name == expected


def test_the_official_layout_is_named_imdb_whatever_the_file_is_called(tmp_path):
    loaded = load_reviews(pack(tmp_path / "films.tgz"))
    assert loaded.name == "imdb"
    assert loaded.source == str(tmp_path / "films.tgz")
    assert loaded.table["split"].value_counts().to_dict() == {"train": 20, "test": 20}


def test_the_extracted_folder_has_the_content_of_its_archive(tmp_path):
    archive = pack(tmp_path / "a.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path / "out", filter="data")
    assert load_reviews(tmp_path / "out" / "aclImdb").content_hash == load_reviews(archive).content_hash


def test_the_parsed_copy_gives_the_same_reviews(tmp_path):
    archive = pack(tmp_path / "a.tar.gz")
    first = load_reviews(archive, cache=tmp_path / "cache")
    status = archive.stat()
    archive.write_bytes(b"\0" * status.st_size)  # unreadable now, but its size and time are the same
    os.utime(archive, ns=(status.st_atime_ns, status.st_mtime_ns))
    again = load_reviews(archive, cache=tmp_path / "cache")
    assert again.content_hash == first.content_hash
    pd.testing.assert_frame_equal(again.table, first.table)


def test_an_archive_that_changed_is_read_again(tmp_path):
    archive = pack(tmp_path / "a.tar.gz")
    first = load_reviews(archive, cache=tmp_path / "cache")
    pack(archive, text="another film altogether, number")
    assert load_reviews(archive, cache=tmp_path / "cache").content_hash != first.content_hash


def table(texts, labels, splits):
    return pd.DataFrame(
        {
            "text": pd.Series(texts, dtype="str"),
            "label": pd.Series(labels, dtype="Int8"),
            "split": pd.Series(splits, dtype="str"),
        }
    )


@pytest.mark.parametrize(
    ("splits", "labels_to_learn_from"),
    [(["train"] * 6 + ["test"] * 4, 6), ([""] * 10, 8), (["train"] * 5 + ["unlabelled"] * 5, 4)],
)
def test_labels_are_counted_without_those_to_test_on(splits, labels_to_learn_from):
    labels = pd.Series([None if split == "unlabelled" else 1 for split in splits], dtype="Int8")
    table = pd.DataFrame({"text": [f"film {i}" for i in range(10)], "label": labels, "split": splits})
    assert Reviews("films", "films.csv", table).label_count(test_fraction=0.2) == labels_to_learn_from


def test_the_content_hash_changes_with_every_text_label_split_and_order():
    tables = [
        table(["ab", "c"], [1, 0], ["", ""]),
        table(["a", "bc"], [1, 0], ["", ""]),
        table(["ab,0:c"], [1], [""]),
        table(["ab", "c"], [1, 1], ["", ""]),
        table(["ab", "c"], [1, None], ["", ""]),
        table(["ab", "c"], [1, 0], ["", "test"]),
        table(["c", "ab"], [0, 1], ["", ""]),
    ]
    hashes = [Reviews("name", "source", each).content_hash for each in tables]
    assert len(set(hashes)) == len(tables)
    assert Reviews("other", "elsewhere", tables[0].copy()).content_hash == hashes[0]
    assert all(len(digest) == 64 for digest in hashes)


BAD = [*csv_rows(), ("", "positive"), ("fine", "none"), *[("<br />", "negative")] * 6, ("the last one", "negative")]


def test_empty_reviews_and_missing_labels_are_refused_with_their_rows(tmp_path):
    path = write_csv(tmp_path / "a.csv", BAD)
    with pytest.raises(ReviewsError) as caught:
        load_reviews(path)
    message = str(caught.value)
    assert "found 8 without: row 21 (empty review), row 22 (no label), row 23 (empty review)" in message
    assert message.count("row 2") == 5
    assert "and 3 more" in message
    assert "--rejects" in message


def test_bad_rows_are_set_aside_with_number_reason_and_columns(tmp_path):
    path = write_csv(tmp_path / "a.csv", BAD)
    loaded = load_reviews(path, rejects=tmp_path / "out" / "rejects.csv")
    assert loaded.table["text"].tolist() == [*(text for text, _ in csv_rows()), "the last one"]
    assert loaded.table.index.tolist() == list(range(21))
    rejected = pd.read_csv(tmp_path / "out" / "rejects.csv", keep_default_na=False)
    assert rejected.columns.tolist() == ["row", "reason", "review", "sentiment"]
    assert rejected.values.tolist()[:2] == [
        [21, "empty review", "", "positive"],
        [22, "no label", "fine", "none"],
    ]
    assert len(rejected) == 8


def test_without_bad_rows_the_file_of_rejects_has_its_header_only(tmp_path):
    (tmp_path / "rejects.csv").write_text("from an earlier call")
    load_reviews(write_csv(tmp_path / "a.csv"), rejects=tmp_path / "rejects.csv")
    assert (tmp_path / "rejects.csv").read_text() == "row,reason,review,sentiment\n"


def test_the_number_of_rows_set_aside_is_reported_with_the_reasons(tmp_path):
    rows = [*csv_rows(30), ("a film", ""), ("a film", "nan"), ("", "positive")]
    lines = []
    loaded = load_reviews(write_csv(tmp_path / "a.csv", rows), rejects=tmp_path / "rejects.csv", notify=lines.append)
    assert lines == [
        f"{tmp_path / 'a.csv'}: text in 'review', label in 'sentiment'",
        "labels: negative and positive; negative: 15; positive: 15",
        f"set aside 3 of 33 rows in {tmp_path / 'rejects.csv'}: 2 no label, 1 empty review",
    ]
    assert loaded.left_out == {"no label": 2, "empty review": 1}


def stars(count=50):
    return [(f"review number {i}", str(i % 5 + 1)) for i in range(count)]


def test_stars_are_grades_in_order(tmp_path):
    loaded = load_reviews(write_csv(tmp_path / "a.csv", stars()))
    assert loaded.classes == Classes(("1", "2", "3", "4", "5"), ordered=True)
    assert loaded.table["label"].tolist() == [0, 1, 2, 3, 4] * 10
    named = load_reviews(tmp_path / "a.csv", labels="1,2=negative; 3=neutral; 4,5=positive")
    assert named.classes == Classes(("negative", "neutral", "positive"), ordered=True)
    assert named.table["label"].tolist() == [0, 0, 1, 2, 2] * 10
    assert named.labels == "1,2=negative; 3=neutral; 4,5=positive"
    assert named.content_hash != loaded.content_hash


def test_a_scale_of_unknown_direction_is_refused_with_and_without_rejects_and_nothing_is_written(tmp_path):
    path = write_csv(tmp_path / "a.csv", [(text, str(int(value) % 3)) for text, value in stars()])
    for rejects in (None, tmp_path / "rejects.csv"):
        with pytest.raises(
            ReviewsError, match=r"0 \(10 rows\), .*, 2 \(20 rows\).* --labels '0=negative; 1=neutral; 2=positive'"
        ) as no:
            load_reviews(path, rejects=rejects)
        assert "--rejects" not in str(no.value)
    assert [file.name for file in tmp_path.iterdir()] == ["a.csv"]


def test_the_named_values_of_a_rating_scale_are_read_and_the_others_are_set_aside_and_counted(tmp_path):
    path = write_csv(tmp_path / "a.csv", [*stars(), ("", "1")])
    lines = []
    loaded = load_reviews(
        path, positive="4, 5", negative=[1.0, "2"], rejects=tmp_path / "rejects.csv", notify=lines.append
    )
    assert loaded.table["label"].value_counts().to_dict() == {1: 20, 0: 20}
    assert (loaded.positive, loaded.negative) == (("4", "5"), ("1", "2"))
    assert loaded.left_out == {"empty review": 1, "set aside on purpose": 10}
    assert lines == [
        f"{path}: text in 'review', label in 'sentiment'",
        "labels: as named; negative (1, 2): 20; positive (4, 5): 20",
        "set aside on purpose, of no class that was named: 3 (10 rows)",
        f"set aside 11 of 51 rows in {tmp_path / 'rejects.csv'}: 10 on purpose, 1 empty review",
    ]
    rejected = pd.read_csv(tmp_path / "rejects.csv", keep_default_na=False)
    assert rejected["row"].tolist() == [*range(3, 51, 5), 51]
    assert rejected["reason"].tolist() == [*["set aside on purpose: label '3'"] * 10, "empty review"]


def test_naming_other_classes_of_a_file_changes_the_content_hash(tmp_path):
    path = write_csv(tmp_path / "a.csv", stars())
    hashes = {
        load_reviews(path, positive=positive, negative=negative).content_hash
        for positive, negative in (("4,5", "1,2"), ("5", "1,2"), ("1,2", "4,5"), ("4,5", "1,2,3"))
    }
    assert len(hashes) == 4


def test_a_misspelt_label_is_refused_by_name_and_set_aside_where_the_classes_are_named(tmp_path):
    path = write_csv(tmp_path / "a.csv", [*csv_rows(40), ("the last one", "postive")])
    with pytest.raises(ReviewsError, match=r"postive \(1 row\); correct .* 'negative=negative; positive=positive'"):
        load_reviews(path, rejects=tmp_path / "rejects.csv")
    assert len(load_reviews(path, positive="positive", negative="negative").table) == 40


def test_the_classes_of_an_archive_are_named_by_its_folders(tmp_path):
    archive = pack(tmp_path / "a.tar.gz")
    named = load_reviews(archive, positive="pos", negative="neg")
    assert named.content_hash == load_reviews(archive).content_hash
    with pytest.raises(ReviewsError, match=r"found no row with 5; the values are neg \(20 rows\), pos \(20 rows\)"):
        load_reviews(archive, positive="5", negative="neg")


def test_classes_of_a_file_without_labels_are_refused(tmp_path):
    (tmp_path / "a.csv").write_text("review\n" + "a film\n" * 30)
    with pytest.raises(ReviewsError, match=r"expected a label column, .* with --labels, --positive"):
        load_reviews(tmp_path / "a.csv", positive="1", negative="0", labels_wanted=False)


def test_a_test_split_that_is_set_aside_as_a_whole_is_refused(tmp_path):
    rows = [(text, label, "train") for text, label in csv_rows(30)] + [("a film", "neutral", "test")]
    path = write_csv(tmp_path / "a.csv", rows, "review,sentiment,split")
    with pytest.raises(ReviewsError, match=r"in the test split of .*a\.csv; found that none of its 1 has both"):
        load_reviews(path, positive="positive", negative="negative")


def test_a_test_split_without_labels_is_not_set_aside_as_a_whole(tmp_path):
    rows = [(text, label, "train") for text, label in csv_rows(30)] + [("a film", "", "test"), ("a play", "", "test")]
    path = write_csv(tmp_path / "a.csv", rows, "review,sentiment,split")
    with pytest.raises(ReviewsError, match=r"in the test split of .*a\.csv; found that none of its 2 has both"):
        load_reviews(path, rejects=tmp_path / "rejects.csv")


def test_the_file_of_rejects_cannot_be_the_source(tmp_path):
    path = write_csv(tmp_path / "a.csv", BAD)
    (tmp_path / "link.csv").symlink_to(path)
    before = path.read_bytes()
    for rejects in (path, tmp_path / "link.csv"):
        with pytest.raises(ReviewsError, match=r"expected a file of their own for the rows .* name another"):
            load_reviews(path, rejects=rejects)
    assert path.read_bytes() == before
    (tmp_path / "aclImdb").mkdir()
    with pytest.raises(ReviewsError, match="expected a file of their own"):
        load_reviews(tmp_path / "aclImdb", rejects=tmp_path / "aclImdb" / "rejects.csv")


def test_a_column_of_splits_may_be_written_with_a_capital_and_is_there_once(tmp_path):
    rows = [(text, label, "test" if i < 4 else "train") for i, (text, label) in enumerate(csv_rows(30))]
    loaded = load_reviews(write_csv(tmp_path / "a.csv", rows, "review,sentiment, Split"))
    assert (loaded.table["split"] == "test").sum() == 4
    twice = [(*row, row[2]) for row in rows]
    with pytest.raises(ReviewsError, match=r"at most one column named split in .*; found 2"):
        load_reviews(write_csv(tmp_path / "b.csv", twice, "review,sentiment,Split,split"))


def test_an_empty_review_in_an_archive_is_set_aside_with_its_file(tmp_path):
    archive = pack(tmp_path / "a.tar")
    with tarfile.open(tmp_path / "b.tar", "w") as changed, tarfile.open(archive) as packed:
        for member in packed:
            changed.addfile(member, packed.extractfile(member))
        changed.addfile(tarfile.TarInfo("aclImdb/train/pos/99_9.txt"))
    with pytest.raises(ReviewsError, match=r"row 41 \(empty review\)"):
        load_reviews(tmp_path / "b.tar")
    assert len(load_reviews(tmp_path / "b.tar", rejects=tmp_path / "rejects.csv").table) == 40
    assert "train/pos/99_9.txt" in (tmp_path / "rejects.csv").read_text()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (csv_rows(10), "expected at least 20 labelled reviews in .*; found 10"),
        ([], "found 0"),
        ([(text, "positive") for text, _ in csv_rows()], "found positive ones only"),
        ([(text, "0") for text, _ in csv_rows()], "found negative ones only"),
    ],
)
def test_too_few_reviews_or_one_class_are_refused(tmp_path, rows, message):
    with pytest.raises(ReviewsError, match=message):
        load_reviews(write_csv(tmp_path / "a.csv", rows))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ReviewsError, match=r"expected reviews at .*nowhere\.csv; found no such file or folder; give"):
        load_reviews(tmp_path / "nowhere.csv")


@pytest.mark.parametrize("path", ["a\0b.csv", "x" * 5000])
def test_an_impossible_path_is_refused(path):
    with pytest.raises(ReviewsError, match="expected"):
        load_reviews(Path(path))


def test_what_is_neither_file_nor_folder_is_refused(tmp_path):
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(ReviewsError, match="found no such file"):
        load_reviews(tmp_path / "a.csv")


def test_a_folder_where_a_file_was_meant_is_refused(tmp_path):
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(ReviewsError, match=r"expected a folder with reviews like train/pos/0_9\.txt"):
        load_reviews(tmp_path / "a.csv")


def test_a_file_without_permission_is_refused(tmp_path, monkeypatch):
    path = write_csv(tmp_path / "a.csv")

    def closed(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", closed)
    with pytest.raises(ReviewsError, match=r"expected to be able to read .*a\.csv; found: Permission denied"):
        load_reviews(path)


def test_a_mistake_in_the_reviews_is_an_error_for_the_user(tmp_path):
    with pytest.raises(UserError) as caught:
        load_reviews(tmp_path / "nowhere")
    assert caught.value.exit_code == 2


# Finding reviews when no path is named.


@pytest.fixture
def sample(tmp_path, monkeypatch):
    """A stand-in for the bundled sample."""
    path = tmp_path / "bundle" / "reviews.csv"
    path.parent.mkdir()
    for module in (reviews_module, parts):
        monkeypatch.setattr(module, "SAMPLE", write_csv(path))
    return path


@pytest.fixture
def nobody():
    """A download whose server cannot be reached."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    return Download(f"http://127.0.0.1:{port}/aclImdb_v1.tar.gz", "0" * 32, answer_seconds=2)


def test_the_archive_in_the_data_folder_comes_first(tmp_path, nobody):
    pack(tmp_path / "aclImdb_v1.tar.gz")
    lines = []
    loaded = find_reviews(tmp_path, notify=lines.append, official=nobody)
    assert (loaded.name, lines) == ("imdb", [])
    assert len(list((tmp_path / "cache").glob("*.parquet"))) == 1


def test_the_extracted_folder_in_the_data_folder_is_used(tmp_path, nobody):
    with tarfile.open(pack(tmp_path / "a.tar.gz")) as packed:
        packed.extractall(tmp_path / "data", filter="data")
    assert find_reviews(tmp_path / "data", notify=print, official=nobody).name == "imdb"


def test_a_damaged_archive_in_the_data_folder_is_reported_and_not_replaced(tmp_path, nobody):
    (tmp_path / "aclImdb_v1.tar.gz").write_bytes(b"half")
    with pytest.raises(ReviewsError, match=r"expected a whole tar archive at .*aclImdb_v1.tar.gz"):
        find_reviews(tmp_path, notify=print, official=nobody)


def test_missing_reviews_are_downloaded(tmp_path):
    served = pack(tmp_path / "served.tar.gz")
    official = Download(served.as_uri(), hashlib.md5(served.read_bytes()).hexdigest())
    loaded = find_reviews(tmp_path / "data", notify=print, official=official)
    assert loaded.name == "imdb"
    assert loaded.source == str(tmp_path / "data" / "aclImdb_v1.tar.gz")


def test_the_sample_replaces_reviews_that_cannot_be_downloaded_with_a_warning(tmp_path, sample, nobody):
    lines = []
    loaded = find_reviews(tmp_path / "data", notify=lines.append, official=nobody)
    assert loaded.name == "sample"
    assert loaded.source == str(sample)
    assert "Warning" in lines[-1]
    assert "bundled sample" in lines[-1]
    assert "sentiment train --data path/to/aclImdb_v1.tar.gz" in lines[-1]
    assert all("\n" not in line for line in lines)


def test_the_bundled_sample_is_there_with_its_splits():
    loaded = load_reviews(SAMPLE)
    assert loaded.name == "sample"
    assert {"train", "test"} <= set(loaded.table["split"]) <= {"train", "test", "unlabelled"}
    assert 0.4 < loaded.table["label"].dropna().astype(np.float64).mean() < 0.6
