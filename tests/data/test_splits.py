"""Splits keep the official test split, and no test or validation review is in the training split."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentiment.config import Classes, Config
from sentiment.data.dataset import PARTS, account, place_of, removed, rows_of_source
from sentiment.data.files import ReadingOptions
from sentiment.data.reviews import Reviews, load_reviews
from sentiment.data.splits import outdone_in_split, split, with_fewer_labels
from sentiment.errors import ConfigError, ReviewsError
from sentiment.text.cleaning import clean


def reviews(rows):
    """From (text, label, split) each."""
    texts, labels, splits = zip(*rows, strict=True)
    table = pd.DataFrame(
        {
            "text": pd.Series(texts, dtype="str"),
            "label": pd.Series(labels, dtype="Int8"),
            "split": pd.Series(splits, dtype="str"),
        }
    )
    return Reviews("tiny", "tiny.csv", table)


def divide(rows, seed=0, validation=0.1, test=0.2):
    return split(reviews(rows), seed=seed, validation_fraction=validation, test_fraction=test)


def labelled(part, count, first=0):
    return [(f"{part or 'any'} review {i}", i % 2, part) for i in range(first, first + count)]


OFFICIAL = labelled("train", 100) + labelled("test", 40)


def learnt(splits):
    """Texts that training may see with a label."""
    return splits.train.texts + splits.validation.texts


def test_the_test_rows_stay_as_they_are_in_number_and_order():
    repeated = [*OFFICIAL, ("test review 3", 1, "test"), ("test review 3", 0, "test")]
    splits = divide(repeated)
    expected = [(text, label) for text, label, part in repeated if part == "test"]
    assert list(zip(splits.test.texts, splits.test.labels.tolist(), strict=True)) == expected


@pytest.mark.parametrize("named", [True, False])
def test_texts_that_differ_only_in_capitals_or_quotation_marks_are_in_one_split(named):
    rows = [(f"It isn't film {i}", i % 2, "") for i in range(200)]
    louder = [(f"IT ISN\u2019T FILM {i}", i % 2, "test" if named and i < 100 else "") for i in range(200)]
    splits = divide([*rows, *louder, ("It isn't Film 1", None, "unlabelled")])
    read = [
        {text.lower().replace("\u2019", "'") for text in part.texts}
        for part in (splits.train, splits.validation, splits.test)
    ]
    assert not read[0] & read[1]
    assert not read[0] & read[2]
    assert not read[1] & read[2]
    dataset = splits.dataset
    removed = dataset.duplicates_removed + dataset.test_overlap_removed + dataset.unlabelled_overlap_removed
    remaining = sum(map(len, (splits.train, splits.validation, splits.test))) + dataset.unlabelled
    assert remaining + removed + dataset.unlabelled_duplicates_removed == 401


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_test_rows_do_not_depend_on_the_seed(seed):
    assert divide(OFFICIAL, seed).test.texts == divide(OFFICIAL, 7).test.texts


def test_validation_comes_from_train_in_equal_shares():
    splits = divide(OFFICIAL)
    assert (len(splits.train), len(splits.validation)) == (90, 10)
    assert splits.validation.labels.mean() == splits.train.labels.mean() == 0.5
    assert sorted(learnt(splits)) == sorted(text for text, _, part in OFFICIAL if part == "train")


def test_labels_stay_with_their_texts():
    splits = divide(OFFICIAL)
    for part in (splits.train, splits.validation, splits.test):
        assert part.labels.dtype == np.int8
        assert [int(text.split()[-1]) % 2 for text in part.texts] == part.labels.tolist()


def test_one_seed_gives_one_validation_split_and_another_seed_another():
    assert divide(OFFICIAL, 1).validation.texts == divide(OFFICIAL, 1).validation.texts
    assert set(divide(OFFICIAL, 1).validation.texts) != set(divide(OFFICIAL, 2).validation.texts)


def test_duplicates_in_train_are_removed_after_cleaning_and_counted():
    extra = [("train  review<br />4", 0, "train"), ("train review 5", 1, "train"), ("train review 5", 1, "train")]
    splits = divide(OFFICIAL + extra)
    assert sorted(learnt(splits)) == sorted(learnt(divide(OFFICIAL)))
    assert splits.dataset.duplicates_removed == 3


def test_test_reviews_are_removed_from_train_whatever_their_label_and_counted():
    extra = [("test review 4", 0, "train"), ("test review&#32;5", 0, "train"), ("test review 5", 1, "train")]
    splits = divide(OFFICIAL + extra)
    assert not set(learnt(splits)) & set(splits.test.texts)
    assert splits.dataset.test_overlap_removed == 3
    assert splits.dataset.duplicates_removed == 0


def test_a_text_with_both_labels_in_train_is_not_learnt_from():
    splits = divide([*OFFICIAL, ("train review 4", 1, "train"), ("train review 4", 0, "train")])
    assert "train review 4" not in learnt(splits)
    assert splits.dataset.contradictions_removed == 3
    assert splits.dataset.duplicates_removed == 0


def test_unlabelled_reviews_lose_held_out_texts_and_their_own_duplicates():
    held_out = divide(OFFICIAL).validation.texts[0]
    texts = ["new", "test review 1", "new", held_out, "newer", "train review&nbsp;0"]
    splits = divide(OFFICIAL + [(text, None, "unlabelled") for text in texts])
    new_texts = ["new", "newer", "train review 0"]
    assert splits.unlabelled == [text for text in new_texts if text not in splits.validation.texts]
    assert splits.dataset.unlabelled_duplicates_removed == 1
    assert splits.dataset.unlabelled_overlap_removed == len(texts) - 1 - len(splits.unlabelled)


def test_reviews_without_a_split_are_split_in_equal_shares():
    splits = divide(labelled("", 200))
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (144, 16, 40)
    assert splits.train.labels.mean() == splits.validation.labels.mean() == splits.test.labels.mean() == 0.5


def test_reviews_with_a_training_split_only_get_a_test_split():
    assert len(divide(labelled("train", 100)).test) == 20


def test_rare_positives_are_in_every_split():
    rows = [(f"review {i}", int(i < 20), "") for i in range(200)]
    splits = divide(rows)
    assert [part.labels.sum() for part in (splits.train, splits.validation, splits.test)] == [14, 2, 4]


ROWS = st.lists(
    st.tuples(st.sampled_from([f"t{i}" for i in range(30)]), st.integers(0, 1), st.sampled_from(["train", "test"])),
    max_size=60,
)


@settings(max_examples=100, deadline=None)
@given(ROWS, st.lists(st.sampled_from([f"t{i}" for i in range(40)]), max_size=10), st.booleans())
def test_no_text_is_in_two_splits_and_every_review_is_accounted_for(rows, unlabelled, official):
    rows = [(text, label, part if official else "") for text, label, part in rows]
    rows += labelled("train" if official else "", 30, first=100)
    rows += labelled("test", 10, first=200) if official else []
    rows += [(text, None, "unlabelled") for text in unlabelled]
    splits = divide(rows)
    train, validation, test = (set(part.texts) for part in (splits.train, splits.validation, splits.test))
    assert not train & validation
    assert not (train | validation) & test
    assert not set(splits.unlabelled) & (validation | test)
    assert len(train) == len(splits.train.texts)
    counts = dataclasses.asdict(splits.dataset)
    total = counts.pop("reviews")
    assert total == len(rows) == sum(count for count in counts.values() if isinstance(count, int))


@settings(max_examples=50, deadline=None)
@given(ROWS, st.dictionaries(st.sampled_from(["empty review", "no label"]), st.integers(1, 9)))
def test_the_parts_and_all_that_is_left_out_add_up_to_the_rows_of_the_source(rows, left_out):
    rows += [*labelled("train", 30, first=100), *labelled("test", 10, first=200), ("t1", None, "unlabelled")]
    source = dataclasses.replace(reviews(rows), left_out=left_out)
    dataset = dataclasses.asdict(split(source, seed=0, validation_fraction=0.1, test_fraction=0.2).dataset)
    parts = sum(dataset[name] for name in PARTS.values())
    assert parts + sum(removed(dataset).values()) == rows_of_source(dataset) == len(rows) + sum(left_out.values())


def test_one_line_says_what_became_of_the_rows():
    contradicted = [(f"train review {i}", 1 - i % 2, "train") for i in range(40)]
    dataset = divide([*OFFICIAL, *contradicted, *OFFICIAL[50:53]]).dataset
    assert account(dataclasses.asdict(dataset)) == (
        "tiny: 183 rows: 54 training, 6 validation, 40 test; left out: 3 duplicates, "
        "80 reviews whose text has different labels"
    )
    older = {"name": "tiny", "reviews": 3, "train": 1, "validation": 1, "test": 1, "unlabelled": 0}
    assert account(older) == "tiny: 3 rows: 1 training, 1 validation, 1 test; left out: none"


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"validation_limit": 50}, "validation_limit=50 changes nothing: validation_fraction=0.1 holds out 10 reviews"),
        ({"validation_limit": 6}, None),
        (
            {"validation_limit": 6, "validation_fraction": 0.5},
            "validation_limit=6 decides, not validation_fraction=0.5",
        ),
        ({"validation_fraction": 0.5, "validation_limit": 0}, None),
        ({}, None),
    ],
)
def test_the_setting_that_decides_the_held_out_reviews_is_named(settings, line):
    config = Config().replace(**settings)
    lines = outdone_in_split(config, split(reviews(OFFICIAL), **config.split).dataset, settings)
    assert len(lines) == (line is not None)
    assert line is None or lines[0].startswith(line)


def test_the_dataset_says_which_reviews_it_was():
    source = reviews(OFFICIAL)
    dataset = split(source, seed=0, validation_fraction=0.1, test_fraction=0.2).dataset
    assert (dataset.name, dataset.source, dataset.reviews) == ("tiny", place_of("tiny.csv"), 140)
    assert dataset.content_hash == source.content_hash


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (labelled("", 10), "expected at least 20 labelled reviews in tiny.csv; found 10"),
        ([("the same", 1, ""), ("the other", 0, "")] * 20, "found 2"),
        ([(f"review {i}", 1, "") for i in range(40)], "found positive ones only"),
        ([(f"review {i}", int(i == 0), "") for i in range(40)], "found 39 negative, 1 positive; give"),
        ([*labelled("train", 40), ("x", 1, "test")], "in the test split of tiny.csv; found 0 negative, 1 positive"),
        (labelled("test", 40), "at least 20 labelled reviews in the training split of tiny.csv; found 0"),
        (labelled("test", 40) + labelled("train", 2), "in the training split of tiny.csv; found 2"),
    ],
)
def test_reviews_that_cannot_be_split_are_refused(rows, message):
    with pytest.raises(ReviewsError, match=message) as caught:
        divide(rows)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5])
def test_a_fraction_out_of_range_is_refused(fraction):
    with pytest.raises(ConfigError, match="expected validation_fraction between 0 and 1"):
        divide(OFFICIAL, validation=fraction)


@pytest.mark.slow
def test_the_official_reviews_keep_their_test_split_and_lose_what_is_in_it(real_reviews):
    source = load_reviews(real_reviews)
    splits = split(source, seed=0, validation_fraction=0.1, test_fraction=0.2)
    official = source.table[source.table["split"] == "test"]
    assert splits.test.texts == [clean(text) for text in official["text"]]
    assert (len(splits.test), int(splits.test.labels.sum())) == (25_000, 12_500)
    assert not set(splits.train.texts + splits.validation.texts + splits.unlabelled) & set(splits.test.texts)
    dataset = splits.dataset
    assert (dataset.reviews, dataset.test_overlap_removed, dataset.duplicates_removed) == (100_000, 123, 98)
    assert dataset.contradictions_removed == 0


def fewer(splits, labels, seed=1):
    return with_fewer_labels(splits, labels, seed=seed, validation_fraction=0.1, validation_limit=8)


def test_a_draw_of_fewer_labels_keeps_the_test_split_and_holds_out_its_own_validation_split():
    splits = divide(OFFICIAL)
    few = fewer(splits, 40)
    assert (len(few.train), len(few.validation)) == (36, 4)
    assert few.train.labels.mean() == few.validation.labels.mean() == 0.5
    assert few.test is splits.test
    assert len(set(learnt(few))) == 40
    assert set(learnt(few)) < set(learnt(splits))
    truth = dict(zip(learnt(splits), [*splits.train.labels, *splits.validation.labels], strict=True))
    assert [truth[text] for text in few.train.texts] == few.train.labels.tolist()


def test_a_draw_is_decided_by_the_seed_and_takes_all_when_there_are_no_more():
    splits = divide(OFFICIAL)
    assert learnt(fewer(splits, 40)) == learnt(fewer(splits, 40))
    assert set(learnt(fewer(splits, 40))) != set(learnt(fewer(splits, 40, seed=2)))
    everything = fewer(splits, 1_000)
    assert set(learnt(everything)) == set(learnt(splits))
    assert set(learnt(fewer(splits, len(learnt(splits)) - 1))) == set(learnt(splits))  # one class would have no review
    assert len(everything.validation) == 8  # the limit


def test_too_few_labels_to_split_are_refused():
    with pytest.raises(ReviewsError, match=r"at least 20 labelled reviews in the draw from tiny\.csv; found 10"):
        fewer(divide(OFFICIAL), 10)


def test_a_validation_split_that_the_reviews_name_stays_as_it_is():
    rows = [
        *OFFICIAL,
        *labelled("validation", 30),
        ("validation review 3", 0, "train"),
        ("test review 1", 1, "validation"),
    ]
    splits = divide(rows)
    assert splits.validation.texts == [f"validation review {i}" for i in range(30)]
    assert splits.test.texts == [f"test review {i}" for i in range(40)]
    assert splits.train.texts == [f"train review {i}" for i in range(100)]
    assert sum(removed(vars(splits.dataset)).values()) == 2
    without_test = divide([*labelled("train", 100), *labelled("validation", 30)])
    assert (len(without_test.train), len(without_test.validation), len(without_test.test)) == (80, 30, 20)


@pytest.mark.parametrize("ordered", [False, True])
def test_every_split_has_all_classes_also_rare_ones(ordered):
    labels = [0] * 150 + [1] * 60 + [2] * 3
    rows = [(f"review {i}", label, "") for i, label in enumerate(labels)]
    source = dataclasses.replace(reviews(rows), classes=Classes(("a", "b", "c"), ordered))
    splits = split(source, seed=0, validation_fraction=0.1, test_fraction=0.1)
    for part in (splits.train, splits.validation, splits.test):
        assert sorted(set(part.labels.tolist())) == [0, 1, 2]
    assert splits.classes == source.classes
    assert len(splits.train) + len(splits.validation) + len(splits.test) == len(rows)
    with pytest.raises(ReviewsError, match=r"found 150 a, 60 b, 1 c.*--labels"):
        split(
            dataclasses.replace(source, table=source.table.iloc[:211]),
            seed=0,
            validation_fraction=0.1,
            test_fraction=0.1,
        )


def test_a_draw_of_fewer_labels_has_each_of_many_classes_however_rare_in_training_and_in_validation():
    shares = [0] * 400 + [1] * 60 + [2] * 8 + [3] * 6
    rows = [(f"review {i}", label, "") for i, label in enumerate(shares)]
    classes = Classes(("1", "2", "3", "4"), ordered=True)
    splits = split(
        dataclasses.replace(reviews(rows), classes=classes), seed=0, validation_fraction=0.1, test_fraction=0.2
    )
    for seed in range(5):
        few = with_fewer_labels(splits, 40, seed=seed, validation_fraction=0.1, validation_limit=8)
        assert len(learnt(few)) == 40
        assert set(few.train.labels.tolist()) == set(few.validation.labels.tolist()) == {0, 1, 2, 3}
    for count in (len(learnt(splits)) - 3, len(learnt(splits)) - 1):  # a class would have no other review
        assert set(learnt(fewer(splits, count))) == set(learnt(splits))


@pytest.mark.parametrize("classes", [2, 11, 20])
def test_a_draw_of_few_labels_has_two_reviews_of_every_class(classes):
    names = tuple(map(str, range(classes)))
    rows = [(f"review {i}", i % classes, "") for i in range(40 * classes)]
    source = dataclasses.replace(reviews(rows), classes=Classes(names))
    splits = split(source, seed=0, validation_fraction=0.1, test_fraction=0.1)
    few = with_fewer_labels(splits, 20, seed=1, validation_fraction=0.5)
    drawn = np.concatenate([few.train.labels, few.validation.labels])
    assert np.bincount(drawn, minlength=classes).min() >= 2


def test_a_split_that_the_reviews_name_may_lack_a_class_but_not_all_but_one():
    def rows(test_labels):
        training = [(f"review {i}", i % 3, "train") for i in range(90)]
        return [*training, *((f"test {i}", label, "test") for i, label in enumerate(test_labels))]

    def divided(test_labels):
        source = dataclasses.replace(reviews(rows(test_labels)), classes=Classes(("a", "b", "c")))
        return split(source, seed=0, validation_fraction=0.1, test_fraction=0.1)

    assert len(divided([0, 1, 1]).test) == 3
    with pytest.raises(ReviewsError, match=r"in the test split of tiny\.csv; found 2 a, 0 b, 0 c"):
        divided([0, 0])


def test_the_addresses_of_all_files_are_stored_without_a_password_and_a_signature():
    address = "https://me:secret@example.org/{}?sig=abc"
    source = dataclasses.replace(
        reviews([*labelled("train", 100), *labelled("validation", 30), *labelled("test", 30)]),
        source=address.format("films.csv"),
        reading=ReadingOptions.named(validation=address.format("dev.csv"), test=address.format("test.csv")),
    )
    dataset = split(source, seed=0, validation_fraction=0.1, test_fraction=0.2).dataset
    assert dataset.source == "https://example.org/films.csv"
    assert dataset.reading == {
        "validation": "https://example.org/dev.csv",
        "test": "https://example.org/test.csv",
    }
