"""Texts sentence by sentence."""

import csv
import json

import pytest

from helpers.command_line import sentiment_process
from sentiment import Predictor, predict_sentences
from sentiment.inference.sentences import COLUMNS, by_sentence, spans


def cut(text: str) -> list[str]:
    return [text[span.start : span.end] for span in spans(text)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It is fine. I like it.", ["It is fine.", "I like it."]),
        ("The view is fine, but the room was dirty.", ["The view is fine,", "but the room was dirty."]),
        ("Fine food; rude staff.", ["Fine food;", "rude staff."]),
        ("loved it! would go again. the end", ["loved it!", "would go again.", "the end"]),
        ("Dr. Smith paid $3.50 at 5 p.m. on Tuesday, e.g. for tea.",) * 2,
        ("It was ... well ... long. Not for me?!", ["It was ... well ... long.", "Not for me?!"]),
        ("One line\nanother line", ["One line", "another line"]),
        ('He said: "Never!" Then he left.', ['He said: "Never!"', "Then he left."]),
        ("Great!!! 😀 Awful.", ["Great!!!", "😀 Awful."]),
        ("no end at all", ["no end at all"]),
        ("!!!", ["!!!"]),
        ("  \n ", []),
        ("", []),
    ],
)
def test_a_text_is_cut_where_its_sentences_end(text, sentences):
    assert cut(text) == ([sentences] if isinstance(sentences, str) else sentences)


def test_only_white_space_and_bare_marks_are_left_out():
    text = "Never! \U0001f44d\n\n- naïve, but «fine»… So\u00a0what? ..."
    left = list(text)
    for span in spans(text):
        left[span.start : span.end] = " " * (span.end - span.start)
    assert not any(map(str.isalnum, left))


@pytest.fixture(scope="module")
def everyday() -> Predictor:
    return Predictor.load("mixed-reviews/everyday")


def test_each_sentence_has_the_verdict_that_it_gets_alone_and_its_part_in_the_whole(everyday):
    text = "The food was delicious, but the staff were rude and the room was dirty."
    result = predict_sentences(everyday, text)
    assert [each.prediction.label for each in result.sentences] == ["positive", "negative"]
    assert result.whole.label == "negative"
    for each in result.sentences:
        assert text[each.start : each.end] == each.text
        alone = everyday.predict(each.text)
        assert each.prediction.probabilities == pytest.approx(alone.probabilities, abs=1e-5)
    first, second = (each.part for each in result.sentences)
    assert second > first  # the second one decided


def test_a_single_sentence_is_the_whole_and_has_no_part(everyday):
    [sentence] = predict_sentences(everyday, "A fine film.").sentences
    assert (sentence.text, sentence.part) == ("A fine film.", None)
    assert predict_sentences(everyday, "").sentences == ()
    with pytest.raises(TypeError, match="expected one text"):
        predict_sentences(everyday, ["A fine film."])


def test_any_number_of_texts_is_read_in_order_and_in_constant_memory(everyday):
    drawn = 0

    def texts():
        nonlocal drawn
        for number in range(4_000):
            drawn = number
            yield f"Room {number} was fine. It was clean."

    results = by_sentence(texts(), everyday.stream)
    first = next(results)
    assert drawn < 3_000
    assert [first.text, *(next(results).text for _ in range(2))] == [
        f"Room {number} was fine. It was clean." for number in range(3)
    ]
    results.close()


def test_the_command_writes_a_row_for_each_sentence(tmp_path):
    (tmp_path / "in.csv").write_text('id,row,text\n7,a,"Lovely food, but the staff were rude."\n8,b,\n')
    done = sentiment_process("predict", "--sentences", "--input", tmp_path / "in.csv", "--format", "csv")
    assert done.returncode == 0, done.stderr
    first, second, third = csv.DictReader(done.stdout.splitlines())
    assert list(first)[:6] == ["id", "input_row", *COLUMNS]
    assert [(row["id"], row["input_row"], row["row"], row["sentence"]) for row in (first, second, third)] == [
        ("7", "a", "1", "1"),
        ("7", "a", "1", "2"),
        ("8", "b", "2", ""),
    ]
    assert (first["text"], second["text"]) == ("Lovely food,", "but the staff were rude.")
    assert first["whole"] == second["whole"]
    assert (first["label"], second["label"], third["label"]) == ("positive", "negative", "")


def test_json_lines_have_the_columns_of_sentences():
    done = sentiment_process("predict", "--sentences", "--json", "Lovely food. Rude staff.")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [list(row)[:4] for row in rows] == [list(COLUMNS)] * 2


def test_in_a_pipe_a_sentence_has_its_row_and_its_part():
    done = sentiment_process("predict", "--sentences", "--run", "compact", "It is fine. I hate it.")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert [(row["row"], row["sentence"], row["text"]) for row in rows] == [
        ("1", "1", "It is fine."), ("1", "2", "I hate it."),
    ]  # fmt: skip
    assert all(row["whole"] and row["part"] for row in rows)


def test_whole_and_sentences_have_the_threshold_and_what_is_uncertain(everyday):
    review = predict_sentences(everyday, "It is fine. I hate it.", uncertain=1.0)
    predictions = [review.whole, *(sentence.prediction for sentence in review.sentences)]
    assert {prediction.label for prediction in predictions} == {"uncertain"}
