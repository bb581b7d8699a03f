"""Files of every kind give the same reviews, and a problem is reported with its place."""

import json
from pathlib import Path

import pandas as pd
import pytest

from sentiment.data.files import ReadingOptions
from sentiment.data.labels import LabelOptions
from sentiment.data.tables import Interpretation, interpret, read_table, select, table_of
from sentiment.errors import ReviewsError

SOURCE = Path("some.csv")


def write(path, content, encoding="utf-8"):
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def interpreted(frame, labels=LabelOptions(), notify=None, **options) -> Interpretation:  # noqa: B008  immutable
    return interpret(select(table_of(frame, SOURCE, ReadingOptions.named(**options)), notify), SOURCE, labels)


def rows(path, **options):
    """(text, label, split) of each row; -1 for no label."""
    table = interpret(select(read_table(path, ReadingOptions.named(**options))), path).table
    return list(zip(table["text"], table["label"].fillna(-1).tolist(), table["split"], strict=True))


TWO = [("Good, really", 1, ""), ("Bad", 0, "")]


def test_a_csv_with_reviews_and_sentiments_is_understood(tmp_path):
    assert rows(write(tmp_path / "a.csv", 'review,sentiment\n"Good, really",positive\nBad,negative\n')) == TWO


def test_a_tsv_with_texts_and_labels_is_understood(tmp_path):
    assert rows(write(tmp_path / "a.tsv", "id\tlabel\ttext\n7\t1\tGood, really\n8\t0\tBad\n")) == TWO


def test_a_parquet_file_is_understood(tmp_path):
    frame = pd.DataFrame({"text": ["Good, really", "Bad"], "label": [1, 0]})
    frame.to_parquet(tmp_path / "a.parquet")
    assert rows(tmp_path / "a.parquet") == TWO


def test_a_jsonl_file_is_understood(tmp_path):
    lines = [{"text": "Good, really", "label": True}, {"label": False, "text": "Bad"}]
    assert rows(write(tmp_path / "a.jsonl", "\n\n".join(map(json.dumps, lines)) + "\n")) == TWO


@pytest.mark.parametrize(
    ("positive", "negative"),
    [("positive", "negative"), ("Pos", " NEG "), (1, 0), ("1", "0"), (1.0, 0.0), ("true", "FALSE"), (True, False)],
)
def test_every_usual_label_is_understood(positive, negative):
    frame = pd.DataFrame({"text": ["a", "b"], "label": pd.Series([positive, negative], dtype="object")})
    assert interpreted(frame).table["label"].tolist() == [1, 0]


def test_columns_of_other_names_are_found_by_option(tmp_path):
    path = write(tmp_path / "a.csv", "said,meant,text,label\nGood,pos,x,y\nBad,neg,x,y\n")
    assert rows(path, text_columns="said", label_column="meant") == [("Good", 1, ""), ("Bad", 0, "")]


def test_the_case_of_a_column_name_does_not_matter(tmp_path):
    assert rows(write(tmp_path / "a.csv", "Review, Sentiment\nGood,pos\n")) == [("Good", 1, "")]


def test_a_split_column_is_honoured_and_unlabelled_rows_need_no_label(tmp_path):
    path = write(
        tmp_path / "a.csv",
        "review,sentiment,split,frame,kind\n"
        "a,positive,train,1,x\nb,negative,test,2,y\nc,,unlabelled,3,z\nd,positive,unsupervised,4,z\n",
    )
    assert rows(path) == [("a", 1, "train"), ("b", 0, "test"), ("c", -1, "unlabelled"), ("d", -1, "unlabelled")]


def test_an_empty_split_column_is_no_split(tmp_path):
    assert rows(write(tmp_path / "a.csv", "text,label,split\na,1,\nb,0,\n")) == [("a", 1, ""), ("b", 0, "")]


def test_a_review_that_reads_na_or_null_is_a_review(tmp_path):
    path = write(tmp_path / "a.csv", "text,label\nNA,1\nnull,0\nNone,1\n")
    assert [text for text, _, _ in rows(path)] == ["NA", "null", "None"]


def test_a_quoted_review_keeps_its_line_breaks_and_quotes(tmp_path):
    path = write(tmp_path / "a.csv", 'text,label\r\n"He said ""no"".\r\nTwice.",0\r\n')
    assert rows(path) == [('He said "no".\r\nTwice.', 0, "")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_a_byte_order_mark_says_the_encoding(tmp_path, encoding, name):
    content = "text,label\ncafé,1\n" if name == "a.csv" else '{"text": "café", "label": 1}\n'
    assert rows(write(tmp_path / name, content, encoding)) == [("café", 1, "")]


def test_rows_without_text_label_or_split_are_problems_by_position():
    texts = ["good", "<br /> &nbsp;", "bad", None, "meh", "odd"]
    labels = ["pos", "pos", "", "neg", "n/a", "neg"]
    frame = pd.DataFrame({"text": texts, "label": labels, "split": ["train"] * 5 + ["later"]})
    assert interpreted(frame).problems == {
        1: "empty review",
        2: "no label",
        3: "empty review",
        4: "no label",
        5: "unknown split 'later', not train, validation, test or unlabelled",
    }


def test_a_missing_label_in_parquet_is_a_problem(tmp_path):
    pd.DataFrame({"text": ["a", "b"], "label": [1.0, None]}).to_parquet(tmp_path / "a.parquet")
    interpretation = interpret(select(read_table(tmp_path / "a.parquet")), SOURCE)
    assert interpretation.problems == {1: "no label"}
    assert interpretation.table["label"].tolist() == [1, pd.NA]


def test_rows_of_neither_class_are_set_aside_and_are_no_problem_even_where_they_have_one():
    frame = pd.DataFrame(
        {
            "text": ["good", "so-so", "", "", "bad", "free"],
            "label": [5, 3, 3, 1, 1, 3],
            "split": ["train", "train", "test", "test", "train", "unlabelled"],
        }
    )
    interpretation = interpreted(frame, labels=LabelOptions.named(None, [5], [1]))
    assert interpretation.aside == {1: "3", 2: "3"}
    assert interpretation.problems == {3: "empty review"}
    assert interpretation.table["label"].fillna(-1).tolist() == [1, -1, -1, 0, 0, -1]


def test_the_labels_of_unlabelled_rows_are_not_judged_and_those_of_the_test_split_are():
    frame = pd.DataFrame({"text": ["a", "b", "c"], "label": [1, 0, 7], "split": ["train", "train", "unlabelled"]})
    assert interpreted(frame).table["label"].fillna(-1).tolist() == [1, 0, -1]
    with pytest.raises(ReviewsError, match=r"found 3 values: 0 \(1 row\), 1 \(1 row\), 7 \(1 row\)"):
        interpreted(frame.assign(split=["train", "train", "test"]))


@pytest.mark.parametrize(
    ("header", "named", "notice"),
    [
        ("text,review,label", {}, "text in 'review' ('text' would fit, too: choose with --text-column text), label in"),
        ("Review,text,label", {}, "text in 'text' ('Review' would fit, too: choose with --text-column Review), label"),
        ("Text,text,label", {}, "text in 'text' ('Text' would fit, too"),
        ("text,label,sentiment", {}, "label in 'sentiment' ('label' would fit, too: choose with --label-column label)"),
        ("text,review,label", {"text_columns": "text"}, "text in 'text', label in 'label'"),
        ("Text,TEXT,label", {"text_columns": "TEXT"}, "text in 'TEXT', label in 'label'"),
        ("text,label,sentiment", {"label_column": "label"}, "text in 'text', label in 'label'"),
        ("text,label,other", {}, "text in 'text', label in 'label'"),
        ("Unnamed: 0,Review Text,STARS", {}, "text in 'Review Text', label in 'STARS'"),
        (",comment,polarity", {}, "text in 'comment', label in 'polarity'"),
        ("title,body,rating", {}, "text in 'body' ('title' would fit, too: choose with --text-column title), label in"),
        ("a,b,c", {"text_columns": "2", "label_column": "3"}, "text in 'b', label in 'c'"),
        ("title,body,label", {"text_columns": ["title", "body"]}, "text in 'title' and 'body', label in 'label'"),
    ],
)
def test_which_columns_are_read_is_said_in_one_line_with_the_option_for_another(header, named, notice):
    lines = []
    frame = pd.DataFrame([["1", "1", "1"], ["0", "0", "0"]], columns=header.split(","))
    interpreted(frame, **named, notify=lines.append)
    assert len(lines) == 1
    assert lines[0].startswith("some.csv: text in ")
    assert notice in lines[0]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("Text,TEXT,label", "'Text' and 'TEXT' fit equally; say which one with --text-column Text"),
        ("comment,message,label", "'comment' and 'message' fit equally; say which one with --text-column comment"),
        ("text,Stars,Rating", "'Stars' and 'Rating' fit equally; say which one with --label-column Stars"),
        ("text,text,label", "'text' and 'text' fit equally; say which one with --text-column 1, its number, or rename"),
    ],
)
def test_where_two_columns_fit_equally_the_file_is_refused_with_the_option(header, message):
    frame = pd.DataFrame([["1", "1", "1"], ["0", "0", "0"]], columns=header.split(","))
    with pytest.raises(ReviewsError, match=r"expected one (text|label) column in some\.csv") as refused:
        interpreted(frame)
    assert message in str(refused.value)


def test_the_parts_of_a_text_are_joined_by_a_line_break_and_missing_ones_are_left_out():
    frame = pd.DataFrame(
        {"title": ["Fine", None, ""], "body": ["A film.", "Bad", None], "label": [1, 0, 1]}, dtype="object"
    )
    interpretation = interpreted(frame, text_columns=["title", "body"])
    assert interpretation.table["text"].tolist() == ["Fine\nA film.", "Bad", ""]
    assert interpretation.problems == {2: "empty review"}


def test_one_column_cannot_be_text_and_label():
    with pytest.raises(ReviewsError, match=r"columns of their own in some\.csv; found both in 'text'"):
        interpreted(pd.DataFrame({"text": ["a"]}), label_column="text")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *[(name, "train") for name in ("train", "Training")],
        *[(name, "validation") for name in ("dev", "VALID", "validation", "val")],
        *[(name, "test") for name in ("test", "Testing")],
        *[(name, "unlabelled") for name in ("unlabelled", "Unlabeled", "unsup")],
    ],
)
def test_the_usual_names_of_splits_are_understood_in_any_case(written, meant):
    frame = pd.DataFrame({"text": ["a", "b"], "label": [1, 0], "split": [written, "train"]})
    assert interpreted(frame).table["split"].tolist() == [meant, "train"]


def test_half_a_surrogate_pair_in_json_does_not_stop_the_reading(tmp_path):
    assert rows(write(tmp_path / "a.jsonl", '{"text": "go\\ud800od", "label": 1}\n')) == [("good", 1, "")]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", "found an empty file"),
        ("a.csv", " \n\n", "found an empty file"),
        ("a.jsonl", "", "found an empty file"),
        ("a.doc", "text,label\na,1\n", r"ending in \.csv, \.tsv, .*\.jsonl.*; found .*a\.doc"),
        (
            "a.csv",
            "title,body\na,1\n",
            "label column, such as sentiment or label, in .*the columns title, body; .*--label-column",
        ),
        (
            "a.csv",
            "author,stars\na,1\n",
            "text column, such as review or text, in .*the columns author, stars; .*--text-column.* --no-header",
        ),
        (
            "a.csv",
            "text\na;1\nb;0\n",
            "in its header, which is one; found semicolons in every row; .*--delimiter comma",
        ),
        ("a.csv", "text,label\na,1\nb, really,0\n", "found 3 instead of 2 in row 2, which begins in line 3"),
        ("a.csv", 'text,label\n"a\nb",1\n\nc,d,0\n', "found 3 instead of 2 in row 2, which begins in line 5"),
        ("a.csv", "text,label\nfirst, really,1\nb,0\n", "found 3 instead of 2 in row 1"),
        ("a.csv", 'text,label\n"a,1\nb,0\n', "every double quote in .* found one in row 1 that is not"),
        ("a.csv", b"text,label\ncaf\xc3\xa9,1\ncaf\xe9,0\n", r"UTF-8 throughout .*byte 0xe9 in line 3"),
        ("a.jsonl", b'{"text": "na\xefve"}\n', "save the whole file as UTF-8, or say .* with --encoding"),
        ("a.jsonl", '{"text": "a", "label": 1}\n{"text": ', "found in line 2"),
        ("a.jsonl", '["a", 1]\n', "found a list in line 1"),
        ("a.jsonl", "[" * 100_000, "found in line 1"),
        ("a.jsonl", '{"text": 3, "label": 1}\n', "found '3' of type int"),
        ("a.parquet", "hello", "expected a Parquet file"),
        ("a.parquet", b"PAR1" + b"\0" * 50 + b"PAR1", "expected a Parquet file"),
    ],
)
def test_a_file_that_cannot_be_understood_is_refused_in_one_line(tmp_path, name, content, message):
    path = write(tmp_path / name, content)
    with pytest.raises(ReviewsError, match=message) as caught:
        rows(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_an_asked_for_column_that_is_not_there_is_refused(tmp_path):
    path = write(tmp_path / "a.csv", "text,label\na,1\n")
    with pytest.raises(
        ReviewsError, match=r"expected the text column, body, once in .*; found the columns text, label"
    ):
        rows(path, text_columns="body")


def test_of_two_text_columns_of_one_name_one_is_named_by_its_number(tmp_path):
    path = write(tmp_path / "a.csv", "text,text,label\na,b,1\n")
    with pytest.raises(ReviewsError, match=r"found the columns text, text, label; rename one .* --text-column 1"):
        rows(path, text_columns="text")
    assert rows(path, text_columns="2") == [("b", 1, "")]


def test_a_file_without_a_header_shows_only_the_beginning_of_its_first_row(tmp_path):
    with pytest.raises(ReviewsError) as caught:
        rows(write(tmp_path / "a.csv", f"{'long ' * 1000},1\nb,0\n"))
    assert len(str(caught.value)) < 400
