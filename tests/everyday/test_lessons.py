"""What the everyday network learns from: probabilities of grades that say what is known of a text."""

import re
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from helpers.everyday import write_archive, write_reviews
from sentiment.everyday import typed
from sentiment.everyday.corpus import Corpus, key_of, read_corpus
from sentiment.everyday.lessons import Amounts, Lessons, ShortTexts, Teachers, make_lessons
from sentiment.everyday.linear import LinearGrades, cross_fitted, fit_linear
from sentiment.everyday.turned import turned, turned_texts
from sentiment.everyday.typed import as_typed

FRAMES = [("Was it good? No.", "negative"), ("It was Monday.", "neutral")]
WRITTEN = ("They drove back for my bag.", "positive")
AMOUNTS = Amounts(excerpts=5, sentences=4, turned=3, unlabelled=2, written=3, frames=2)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Corpus:
    folder = tmp_path_factory.mktemp("sources")
    return read_corpus(write_reviews(folder, rows=40), str(write_archive(folder / "aclImdb")))


@pytest.fixture(scope="module")
def linear(corpus) -> LinearGrades:
    return fit_linear(corpus.train)


@pytest.fixture(scope="module")
def lessons(corpus, linear) -> Lessons:
    teachers = Teachers(cross_fitted(linear, corpus.train), linear, of_films=lambda texts: np.eye(5)[[4] * len(texts)])
    return make_lessons(corpus, ShortTexts(FRAMES, [WRITTEN]), teachers, AMOUNTS, seed=1)


def target_of(lessons: Lessons, text: str) -> np.ndarray:
    return lessons.targets[lessons.texts.index(text)]


def test_the_linear_model_gives_a_probability_to_every_grade(linear):
    grades = linear(["A lovely, great thing.", "An awful, dull thing."])
    assert grades.shape == (2, 5)
    np.testing.assert_allclose(grades.sum(axis=1), 1, atol=1e-5)
    assert grades[0, 3:].sum() > 0.5 > grades[1, 3:].sum()


def test_what_a_model_says_of_a_text_that_it_has_not_learnt_is_less_certain(corpus, linear):
    row = corpus.train.texts.index("Three stars for tea 3.")
    assert cross_fitted(linear, corpus.train)[row, 2] < linear(["Three stars for tea 3."])[0, 2]


def test_every_text_has_a_probability_for_every_grade(lessons):
    assert lessons.targets.shape == (len(lessons.texts), 5)
    np.testing.assert_allclose(lessons.targets.sum(axis=1), 1, atol=1e-4)
    assert sum(lessons.counts.values()) == len(lessons.texts)


def test_a_star_counts_most_and_a_label_is_divided_among_its_grades(lessons):
    assert target_of(lessons, "Three stars for tea 3.")[2] > 0.55
    negative = target_of(lessons, "Labelled negative, soap 4.")
    assert negative[:2].sum() > 0.55
    assert negative[:2].min() > 0.01


def test_a_frame_and_a_written_text_have_their_label_alone(lessons):
    assert lessons.texts.count(WRITTEN[0]) >= 1
    assert target_of(lessons, WRITTEN[0])[:3].sum() == 0
    assert target_of(lessons, FRAMES[0][0])[2:].sum() == 0
    assert target_of(lessons, FRAMES[1][0])[2] == 1


def test_whole_film_reviews_without_a_rating_have_a_teacher_of_their_own(corpus, lessons):
    assert set(lessons.texts[-2:]) <= set(corpus.unlabelled)
    assert (lessons.targets[-2:, 4] == 1).all()


def test_there_are_as_many_of_each_kind_as_asked_for(lessons):
    assert lessons.counts["frames"] == lessons.texts.count(FRAMES[0][0]) * len(FRAMES) == 4
    assert lessons.counts["unlabelled"] == 2
    assert lessons.counts["written"] == 3
    assert lessons.counts["excerpts"] <= 5
    assert lessons.counts["turned"] <= 3


def embedded(corpus, teacher, frames, written, most: int, seed: int = 1) -> dict[str, list[float]]:
    """The embedded texts, with their targets."""
    teachers = Teachers(np.full((len(corpus.train), 5), 0.2, np.float32), teacher, teacher)
    made = make_lessons(corpus, ShortTexts(frames, written), teachers, replace(AMOUNTS, embedded=most), seed)
    kinds = list(made.counts)
    first = sum(made.counts[kind] for kind in kinds[: kinds.index("embedded")])
    rows = range(first, first + made.counts["embedded"])
    return {made.texts[row]: made.targets[row].tolist() for row in rows}


def test_an_opinion_among_neutral_texts_keeps_its_label_wherever_it_stands(corpus, linear):
    facts = [f"Room {number} is on the left." for number in range(9)]
    praise, blame = [f"I loved room {number}!" for number in range(99)], [f"Who likes {n}?" for n in range(99)]
    written = [(fact, "neutral") for fact in facts] + [("Is it good?", "neutral"), ("No stop", "negative")]
    written += [(text, "negative") for text in blame]
    texts = embedded(corpus, linear, [(text, "positive") for text in praise], written, most=160)
    places, counts = set(), set()
    for text, target in texts.items():
        parts = [part.strip() for part in re.findall(r"[^.!?]+[.!?]", text)]
        assert " ".join(parts) == text
        [place] = [row for row, part in enumerate(parts) if part not in facts]
        assert parts[place] in (praise if sum(target[3:]) > 0.99 else blame)
        assert sum(target[3:]) > 0.99 or sum(target[:2]) > 0.99
        counts.add(len(parts) - 1)
        places.add("first" if not place else "last" if place == len(parts) - 1 else "between")
    assert sum(sum(target[3:]) > 0.99 for target in texts.values()) == len(texts) / 2 == 80
    assert counts == {1, 2, 3, 4, 5, 6}
    assert places == {"first", "between", "last"}
    assert texts.keys() != embedded(corpus, linear, [(text, "positive") for text in praise], written, 160, 2).keys()


def test_without_neutral_texts_or_where_none_are_asked_for_no_opinion_is_embedded(corpus, linear):
    assert embedded(corpus, linear, [], [("Two hours late!", "negative")], most=10) == {}
    assert embedded(corpus, linear, [], [("Two hours late!", "negative"), ("It was Monday.", "neutral")], most=0) == {}


def test_a_text_that_is_measured_is_not_embedded_either(corpus, linear):
    measured = corpus.test.texts[0]
    assert measured[-1] in ".!?"
    assert embedded(corpus, linear, [(measured, "negative")], [("It was Monday.", "neutral")], most=10) == {}
    assert embedded(corpus, linear, [], [(measured, "negative"), ("It was Monday.", "neutral")], most=10) == {}


def test_a_text_that_is_measured_is_not_learnt_in_another_form_either(corpus, linear):
    teachers = Teachers(cross_fitted(linear, corpus.train), linear, linear)
    texts = [(corpus.test.texts[0].upper(), "neutral"), ("Nothing new.", "neutral")]
    made = make_lessons(corpus, ShortTexts(texts, texts), teachers, AMOUNTS, seed=1)
    assert (made.counts["frames"], made.counts["written"]) == (AMOUNTS.frames, AMOUNTS.written)
    assert not {key_of(text) for text in made.texts} & corpus.measured


def test_words_of_opinion_are_turned_with_their_capitals():
    assert turned("A GREAT film. Great, I loved it!") == ("A TERRIBLE film. Terrible, I hated it!", 3, 3)
    assert turned("A bad start, a good end.") == ("A good start, a bad end.", 2, 0)
    assert turned("I saw it.") == ("I saw it.", 0, 0)


def test_turning_twice_gives_the_text_back():
    text = "A great and funny film, badly lit but never boring. I loved the ending, hated the start."
    assert turned(turned(text)[0])[0] == text


def test_a_turned_text_has_most_probably_the_opposite_grade():
    texts = ["A great, lovely and funny film that I loved.", "It was awful, boring and stupid.", "A good film."]
    made, targets = turned_texts(texts, np.array([4, 0, 3]), most=10, seed=0)
    assert sorted(zip(made, targets.argmax(axis=1).tolist(), strict=True)) == [
        ("A terrible, horrid and unfunny film that I hated.", 0),
        ("It was excellent, interesting and brilliant.", 4),
    ]
    np.testing.assert_allclose(targets.sum(axis=1), 1, atol=1e-6)


def test_what_is_neutral_or_speaks_against_its_grade_is_not_turned():
    praise = "A great, lovely and funny film that I loved."
    assert turned_texts([praise, praise], np.array([2, 0]), most=10, seed=0)[0] == []
    assert turned_texts([praise] * 3, np.array([4, 4, 4]), most=2, seed=0)[0] == [turned(praise)[0]] * 2


def test_a_text_as_people_type_it_differs_in_one_way_and_keeps_its_length_within_a_letter_or_its_apostrophes():
    text, chance = "I don't think that it's Great.", Random(1)
    made = {as_typed(text, chance) for _ in range(200)}
    assert {
        text.lower(),
        "I dont think that its Great.",
        "I don't thik that it's Great.",
        "I don't thhink that it's Great.",
    } <= made
    assert {len(each) - len(text) for each in made} == {-2, -1, 0, 1}
    assert all(each.endswith("t.") or each.endswith("T.") for each in made)


def test_a_short_word_is_typed_as_it_is():
    assert {as_typed("so so", Random(seed)) for seed in range(20)} == {"so so"}


def test_a_text_as_people_type_it_is_about_somebody_else_of_that_kind_and_keeps_all_other_words():
    text = "Mary met an Irish guest; Mary was kind. It was made in China."
    pattern = re.compile(r"(\w+) met an ([AEIO]\w+) guest; (\w+) was kind\. It was made in China\.")
    named = [pattern.fullmatch(typed._about_others(text, Random(seed))) for seed in range(20)]
    assert all(match and match[1] == match[3] for match in named)
    assert min(len({match[place] for match in named}) for place in (1, 2)) > 3
    assert not any("Mary" in match[0] or "Irish" in match[0] for match in named if match)
    assert not any(as_typed("Mary so so", Random(seed)).lower().startswith("mary") for seed in range(20))
