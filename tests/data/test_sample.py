"""The bundled sample: the file is what the generator writes, and words without their order do not decide the labels."""

import re
from collections import Counter

import pandas as pd
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sentiment.config import PRESETS
from sentiment.data.reviews import load_reviews
from sentiment.data.sample.generator import frames_of, generate
from sentiment.data.sample.grammar import ADVERBS, BLAME, FRAMES, PEOPLE, PRAISE, TITLES, TOWNS
from sentiment.data.splits import split
from sentiment.support.paths import SAMPLE
from sentiment.training.baselines import fit_baseline


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    return generate()


def part(sample: pd.DataFrame, name: str) -> pd.DataFrame:
    return sample[sample["split"] == name]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def skeletons(reviews: pd.DataFrame) -> set[str]:
    """The sentences that hold an opinion, with the opinion words and the names blanked."""
    opinion = re.compile(rf"\b(?:{'|'.join(ADVERBS)}) (?:{'|'.join(PRAISE + BLAME)})\b")
    names = re.compile("|".join(map(re.escape, [*TITLES, *PEOPLE, *TOWNS])))
    sentences = set()
    for text in reviews["review"]:
        blanked = names.sub("_", opinion.sub("#", text))
        sentences.update(sentence for sentence in re.split(r"(?<=[.?:]) ", blanked) if "#" in sentence)
    return sentences


def test_the_bundled_file_is_what_the_generator_writes(sample):
    assert SAMPLE.read_text(encoding="utf-8") == sample.to_csv(index=False, lineterminator="\n")


def test_another_seed_writes_other_reviews(sample):
    assert set(generate(seed=1)["review"]).isdisjoint(sample["review"])


def test_both_splits_hold_every_kind_with_as_much_praise_as_blame(sample):
    counts = sample.groupby(["split", "kind", "sentiment"]).size()
    assert len(counts) == 2 * len(FRAMES) * 2
    for _, of_split in counts.groupby("split"):
        assert of_split.nunique() == 1


def test_no_frame_of_the_test_split_is_seen_in_training(sample):
    assert set(part(sample, "train")["frame"]).isdisjoint(part(sample, "test")["frame"])
    assert set(frames_of("train")) | set(frames_of("test")) == {(k, n) for k in FRAMES for n in range(len(FRAMES[k]))}


def test_most_sentences_with_an_opinion_are_worded_otherwise_in_the_test_split(sample):
    train, test = skeletons(part(sample, "train")), skeletons(part(sample, "test"))
    short = {"It is #.", "It was #.", "The film is #.", "This film is #.", "The film was #.", "I thought it #."}
    assert len(test - train) > 20
    assert test & train <= short | {s for s in test if len(words(s)) <= 5}  # "It is #." stands wherever it may


def test_the_opinion_words_are_shared_by_both_splits(sample):
    for name in ("train", "test"):
        text = " ".join(part(sample, name)["review"])
        assert all(word in text for word in PRAISE + BLAME)


def test_a_positive_and_a_negative_review_can_have_the_same_words(sample):
    bags = {}
    for row in sample.itertuples():
        bags.setdefault((row.split, frozenset(Counter(words(row.review)).items())), []).append(row.sentiment)
    twins = [sorted(sentiments) for sentiments in bags.values() if len(sentiments) == 2]
    assert len(twins) > 0.7 * len(sample) / 2
    assert all(pair == ["negative", "positive"] for pair in twins)


def test_no_review_is_repeated(sample):
    assert not sample["review"].duplicated().any()


def test_reviews_are_grammatical_where_a_generator_slips(sample):
    for text in sample["review"]:
        assert not re.search(r"\ba [aeiou]|  |[{}]|\b(\w+) \1\b|[.?!;:,] ?[.?!;:,]", text, re.IGNORECASE), text
        assert all(sentence[0].isupper() for sentence in re.split(r"(?<=[.?]) ", text)), text
        assert 30 <= len(words(text)) <= 160


@pytest.mark.parametrize("ngrams", [(1, 1), (1, 2)], ids=["words", "pairs"])
def test_a_linear_model_on_words_or_pairs_of_words_stays_under_three_quarters(sample, ngrams):
    train, test = part(sample, "train"), part(sample, "test")
    for strength in (0.1, 1.0, 10.0, 100.0):
        model = make_pipeline(
            TfidfVectorizer(ngram_range=ngrams, sublinear_tf=True), LogisticRegression(C=strength, max_iter=1000)
        )
        accuracy = model.fit(train["review"], train["sentiment"]).score(test["review"], test["sentiment"])
        assert 0.5 < accuracy < 0.75


def test_the_project_s_own_linear_baseline_stays_under_three_quarters():
    splits = split(load_reviews(SAMPLE), **PRESETS["sample"].split)
    probabilities = fit_baseline("tfidf-logistic", splits).predict(splits.test.texts)
    assert ((probabilities >= 0.5) == splits.test.labels).mean() < 0.75


@pytest.mark.slow
def test_a_recurrent_net_passes_nine_in_ten_but_not_on_the_same_words_in_another_order(tmp_path):
    import random

    from sentiment.inference import Predictor
    from sentiment.support.progress import Silence
    from sentiment.training.classifier import train
    from sentiment.training.encoding import encode

    splits = split(load_reviews(SAMPLE), **PRESETS["sample"].split)
    config = PRESETS["sample"].replace(architecture="gru")
    run = train(encode(splits, config.tokenizer), config, tmp_path, Silence())
    assert run.record.test["accuracy"] > 0.9

    chance = random.Random(0)
    shuffled = [" ".join(chance.sample(words := text.split(), len(words))) for text in splits.test.texts]
    in_another_order = Predictor(run).predict_proba(shuffled).argmax(axis=1)
    assert (in_another_order == splits.test.labels).mean() < 0.75
