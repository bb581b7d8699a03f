"""The everyday model learns short texts further, and stays near what it was."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from helpers.everyday import write_archive, write_reviews
from sentiment.data.fingerprints import known
from sentiment.everyday import further
from sentiment.everyday.corpus import CLASSES, Corpus, read_corpus
from sentiment.everyday.lessons import Amounts, ShortTexts, Teachers
from sentiment.inference.predictor import Predictor
from sentiment.runs.record import training_time
from sentiment.runs.saved_run import CARD, MODEL, find_run, load_run
from sentiment.support.paths import SHIPPED_MODELS
from sentiment.support.progress import Silence
from sentiment.training.encoders import encoder_of

NEW = ("The blorf was grumph.", "negative")
SHORT = ShortTexts([("It was Monday.", "neutral")], [NEW, ("They drove back for my bag.", "positive")])


@pytest.fixture
def corpus(tmp_path) -> Corpus:
    return read_corpus(write_reviews(tmp_path, rows=40), str(write_archive(tmp_path / "aclImdb")))


@pytest.mark.slow
def test_it_is_the_mean_of_the_weights_before_and_after_and_says_what_it_was_made_of(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(further, "AMOUNTS", Amounts(excerpts=8, sentences=4, turned=4))
    monkeypatch.setattr(further, "_SETTINGS", further._SETTINGS.replace(minimum_steps=4, batch_size=16))
    asked: list[Teachers] = []
    really_make = further.make_lessons

    def make(corpus, short, teachers, *rest):
        asked.append(teachers)
        return really_make(corpus, short, teachers, *rest)

    monkeypatch.setattr(further, "make_lessons", make)
    start, folder = find_run(SHIPPED_MODELS, "mixed-reviews/everyday"), tmp_path / "models" / "mixed-reviews"
    shipped = further.learn_further(start, corpus, SHORT, tmp_path / "models", Silence())
    assert 0.3 < asked[0].share < 0.5  # of what it says itself: it shall listen to the labels more
    assert shipped.folder == folder / "everyday"
    assert not (shipped.folder / MODEL).exists()
    assert shipped.config.classes == CLASSES
    (first, second), [both] = (sorted(folder.glob(f"*-everyday-{name}-*")) for name in ("further", "both"))
    before, once, again, mean = (encoder_of(load_run(each)).weights for each in (start.folder, first, second, both))
    assert not np.allclose(before[1], once[1])
    assert not np.allclose(once[1], again[1])
    assert 0.3 < further.WEIGHT < 0.9  # so that it is none of them
    for old, one, other, middle in zip(before, once, again, mean, strict=True):
        expected = (1 - further.WEIGHT) * old + further.WEIGHT * (one + other) / 2
        assert_allclose(middle, expected, rtol=1e-4, atol=1e-6)
    assert [teacher.name for teacher in shipped.record.teachers] == ["everyday"]
    assert training_time(start.name, start.record.id, 0).keys() <= shipped.record.built_from.keys()
    assert {*start.record.built_from} < {*shipped.record.built_from}
    assert known(shipped.folder, [SHORT.written[0][0]]).all()
    new, old = (Predictor(run).predict("The blorf was grumph.").probabilities["negative"] for run in (shipped, start))
    assert new > old
    card = (shipped.folder / CARD).read_text(encoding="utf-8")
    for part in (
        "an earlier everyday model that has learnt further",
        "on what it had said of them itself",
        "the mean of those of 3 networks, the earlier model among them; the time is",
        "`make everyday`, then the same with `ARGS=--further`",
    ):
        assert part in card
