"""The reviews of which the cause is known, and what is counted on them."""

import csv
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from sentiment.data.sample.generator import frames_of
from sentiment.data.sample.grammar import BLAME, PRAISE
from sentiment.errors import SentimentError
from sentiment.explain.planted_causes import FILE, check, in_words, planted_reviews, record

ROOT = Path(__file__).parent.parent.parent
REVIEWS = planted_reviews(24)


def test_every_kind_has_as_many_reviews_and_both_verdicts():
    assert Counter(review.kind for review in REVIEWS) == dict.fromkeys(
        ("opinion", "contrast", "negation", "exchange"), 24
    )
    for kind in ("opinion", "contrast", "negation", "exchange"):
        assert 6 <= sum(review.positive for review in REVIEWS if review.kind == kind) <= 18


def test_the_same_seed_gives_the_same_reviews_and_another_gives_others():
    assert planted_reviews(24) == REVIEWS
    assert {review.text for review in planted_reviews(24, seed=1)}.isdisjoint(review.text for review in REVIEWS)


@pytest.mark.parametrize("review", REVIEWS, ids=lambda review: review.kind)
def test_the_counterpart_differs_in_the_planted_words_and_in_nothing_else(review):
    words, others = (re.findall(r"\w+|\W", text) for text in (review.text, review.counterpart))
    changed = [(word, other) for word, other in zip(words, others, strict=True) if word != other]
    assert [word for word, _ in changed] == [review.text[start:end] for start, end in review.causes]
    assert len(changed) == (2 if review.kind == "exchange" else 1)
    if review.kind in ("opinion", "contrast"):
        [(word, other)] = changed
        assert (word in PRAISE, other in PRAISE) == (review.positive, not review.positive)
    elif review.kind == "exchange":
        assert changed[0] == changed[1][::-1]


@pytest.mark.parametrize("review", REVIEWS, ids=lambda review: review.kind)
def test_reviews_are_grammatical_where_a_generator_slips(review):
    for text in (review.text, review.counterpart):
        assert not re.search(r"\ba [aeiou]|  |[{}\x1f]|\b(\w+) \1\b|[.?!;:,] ?[.?!;:,]", text, re.IGNORECASE), text
        assert all(sentence[0].isupper() for sentence in re.split(r"(?<=[.?]) ", text)), text


def test_nothing_else_in_a_plain_or_negated_review_is_an_opinion():
    for review in REVIEWS:
        opinions = [word for word in re.findall(r"\w+", review.text) if word in PRAISE + BLAME]
        assert len(opinions) == (1 if review.kind in ("opinion", "negation") else 2)


def test_training_reviews_and_test_reviews_have_different_frames():
    assert set(frames_of("train")).isdisjoint(frames_of("test"))
    training = planted_reviews(200, seed=8, split="train")
    assert {review.text for review in training}.isdisjoint(review.text for review in REVIEWS)


def test_training_reviews_are_written_with_their_counterparts(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "sentiment.explain.planted_causes", tmp_path / "some.csv"], check=True, cwd=ROOT
    )
    with (tmp_path / "some.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert Counter(row["sentiment"] for row in rows) == {"positive": len(rows) / 2, "negative": len(rows) / 2}


class TellsCauses:
    """An explainer that knows the causes of the reviews it is given, and puts them on the given rank.

    Its phrases are the word with the three letters before it, one rank earlier.
    """

    def __init__(self, run, rank):
        self.run, self.rank = run, rank

    def explain(self, text, method):
        from types import SimpleNamespace as Some

        [review] = [review for review in REVIEWS if review.text == text]
        nothing = [Some(token=Some(start=-1, end=-1))] * 5
        nothing.insert(self.rank - 1, Some(token=Some(start=review.causes[0][0], end=review.causes[0][1])))
        start, end = review.causes[0]
        phrases = [Some(start=-1, end=-1)] * 5
        phrases.insert(max(self.rank - 2, 0), Some(start=start - 3, end=end))
        label = "positive" if review.kind != "negation" else "negative"
        return Some(label=label, ranked=lambda: nothing, ranked_phrases=lambda: phrases, method=method)


@pytest.mark.parametrize(("rank", "share", "of_phrases"), [(1, 1.0, 1.0), (3, 1.0, 1.0), (4, 0.0, 1.0), (5, 0.0, 0.0)])
def test_a_cause_counts_when_it_is_among_the_first_three_of_a_correct_verdict(make_run, rank, share, of_phrases):
    row = check(TellsCauses(make_run("gru")[0].run, rank), REVIEWS)
    right = sum((review.kind != "negation") == review.positive for review in REVIEWS)
    assert (row["reviews"], row["answered_correctly"], row["share"]) == (len(REVIEWS), right, share)
    assert row["among_first_three"] == share * right
    assert (row["in_first_phrases"], row["share_of_phrases"]) == (of_phrases * right, of_phrases)
    assert sum(part["answered_correctly"] for part in row["by_kind"].values()) == right
    assert row["counterpart_correct"]["reviews"] <= right
    assert f"{share:.1%}, of {len(REVIEWS)} reviews; in the first 3 phrases {of_phrases:.1%}" in in_words(row)


def test_a_check_replaces_that_of_the_same_run_and_method_and_keeps_the_others(tmp_path):
    for run, method, share in (
        ("b", "occlusion", 0.1),
        ("a", "occlusion", 0.2),
        ("b", "occlusion", 0.3),
        ("b", "x", 1),
    ):
        record({"run": run, "method": method, "share": share}, tmp_path)
    rows = json.loads((tmp_path / FILE).read_text(encoding="utf-8"))
    assert [(row["run"], row["method"], row["share"]) for row in rows] == [
        ("a", "occlusion", 0.2), ("b", "occlusion", 0.3), ("b", "x", 1),
    ]  # fmt: skip


def test_a_file_without_a_list_of_checks_is_not_overwritten(tmp_path):
    (tmp_path / FILE).write_text("mine", encoding="utf-8")
    with pytest.raises(SentimentError, match="delete it"):
        record({"run": "a", "method": "occlusion"}, tmp_path)
    assert (tmp_path / FILE).read_text(encoding="utf-8") == "mine"


def test_a_network_that_predicts_one_class_is_reported_to_have_no_deciding_word():
    part = {"reviews": 4, "answered_correctly": 2, "among_first_three": 1, "share": 0.5}
    row = {"run": "gru", "method": "occlusion", **part, "by_kind": {}, "counterpart_correct": part}
    assert "no word decides" not in in_words(row)  # of an older check
    assert "no word decides" not in in_words(row | {"said_positive": 2})
    assert 'The network says "positive" of all 4 reviews: no word decides' in in_words(row | {"said_positive": 4})
    assert 'The network says "negative" of all 4 reviews' in in_words(row | {"said_positive": 0})
