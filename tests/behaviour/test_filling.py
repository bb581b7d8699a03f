"""From frames to texts: the same for the same seed, tidy, balanced, with the labels that a reader would give."""

import csv
import re
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks.behaviour import domains
from benchmarks.behaviour.capabilities import CAPABILITIES
from benchmarks.behaviour.domains import DOMAINS
from benchmarks.behaviour.everyday import SIDES
from benchmarks.behaviour.filling import TEST, TRAIN, cases
from benchmarks.behaviour.frames import Capability, Kind, held, moves, neutral, same
from benchmarks.behaviour.suite import all_cases, fingerprint
from sentiment.config.classes import NEGATIVE, NEUTRAL, POSITIVE

SUITE = all_cases()
PRAISE, BLAME = SIDES[""][POSITIVE], SIDES[""][NEGATIVE]


def capability(*frames) -> Capability:
    return Capability("reading", "It reads.", frames, frames)


def test_the_suite_is_the_same_every_time():
    assert fingerprint(all_cases()) == fingerprint(SUITE)


def test_every_listed_statement_is_one_to_train_on_and_none_to_test_with():
    with (Path(domains.__file__).with_name("more_to_train_on.csv")).open(encoding="utf-8", newline="") as file:
        listed = [(row["domain"], row["kind"], row["statement"]) for row in csv.DictReader(file)]
    to_train_on = {
        (each.name, kind, one) for each in DOMAINS for kind, some in asdict(each.train).items() for one in some
    }
    to_test_with = {one for each in DOMAINS for some in asdict(each.test).values() for one in some}
    assert len(listed) > 700
    assert set(listed) <= to_train_on
    assert not {statement for _, _, statement in listed} & to_test_with


def test_another_seed_chooses_other_words():
    for each in CAPABILITIES:
        assert cases(each, seed=1) != cases(each, seed=0)


def test_a_new_frame_leaves_the_texts_of_others_as_they_are():
    before = cases(capability(*held("The {thing} was {held}.")))
    after = cases(capability(*neutral("It is {day}."), *held("The {thing} was {held}.")))
    assert [case.texts for case in before] == [case.texts for case in after if case.expected != NEUTRAL]


def test_the_suite_has_some_thousands_of_texts_and_two_hundred_cases_of_each_capability():
    assert 4_000 < len(SUITE) < 10_000
    assert min(Counter(case.capability for case in SUITE).values()) >= 180


def test_no_case_is_there_twice():
    assert len({(case.capability, case.texts) for case in SUITE}) == len(SUITE)
    assert all(len(set(case.texts)) == len(case.texts) for case in SUITE)


def test_all_domains_and_kinds_are_there():
    assert {case.domain for case in SUITE} == {domain.name for domain in DOMAINS}
    assert {case.kind for case in SUITE} == set(Kind)


def test_as_many_texts_are_praise_as_blame_where_a_frame_has_two_sides():
    sides = Counter(case.expected for case in SUITE if case.frame.has_two_sides and case.kind is not Kind.INV)
    assert abs(sides[POSITIVE] - sides[NEGATIVE]) <= 0.02 * sides.total()


@pytest.mark.parametrize("split", [TRAIN, TEST])
def test_texts_are_tidy(split):
    for each in CAPABILITIES:
        for case in cases(each, split):
            texts = case.texts[:1] if case.frame.change else case.texts
            if split == TRAIN and case.frame.change:
                continue
            for text in texts:
                assert not re.search(r"[{}_]|  |\b[Aa] [aeiou]|\b[Aa]n (?!hour)[^aeiouAEIOU]", text), text
                assert not re.search(r"^[a-z]|[.!?] [a-z]", text.replace("... ", "")), text


def test_slots_of_one_kind_have_different_words():
    for case in cases(capability(*held("The {aspect}, the {aspect_2}, {held} and {held_2}."))):
        words = re.split(r", the | and |, |\.", case.texts[0].removeprefix("The "))
        assert len(set(words)) == len(words)


def test_held_and_other_are_filled_with_opposite_words():
    for case in cases(capability(*held("It was {other}, now it is {held}."))):
        before, now = re.fullmatch(r"It was (\w+), now it is (\w+)\.", case.texts[0]).groups()
        assert (now in PRAISE, before in BLAME) == (case.expected == POSITIVE,) * 2
        assert (now in BLAME, before in PRAISE) == (case.expected == NEGATIVE,) * 2


def test_a_pair_shares_its_words():
    for case in cases(capability(*moves(POSITIVE, ("The {thing} on {day}.", "The {thing} on {day}. 5/5")))):
        assert case.texts[1] == f"{case.texts[0]} 5/5"


def test_a_pair_about_two_persons_differs_in_their_names_alone():
    for case in cases(capability(*same(("{person} was there.", "{person_2} was there.")))):
        names = [text.removesuffix(" was there.") for text in case.texts]
        assert len(set(names)) == 2


def test_statements_of_a_split_stand_in_its_texts_alone():
    opinions = {
        split: {
            text for domain in DOMAINS for label in (POSITIVE, NEGATIVE) for text in getattr(domain, split).of(label)
        }
        for split in (TRAIN, TEST)
    }
    texts = " ".join(text for case in SUITE for text in case.texts)
    assert not [statement for statement in opinions[TRAIN] if statement in texts]
    assert any(statement in texts for statement in opinions[TEST])


# Read and labelled by a person.
READ = {
    "The opposite of what is said": (("The service was the opposite of terrible.", POSITIVE),),
    "questions": (
        ("Did you like it? Yes.", POSITIVE),
        ("Did you like it? No.", NEGATIVE),
        ("So, was it any good? Not really.", NEGATIVE),
    ),
    "ellipsis": (
        ("I thought it would be excellent, but it was not.", NEGATIVE),
        ("I thought it would be poor, but it was not.", POSITIVE),
        ("I thought it would be awful, and so it was.", NEGATIVE),
    ),
    "then and now": (
        ("It used to be awful, but now it is great.", POSITIVE),
        ("It used to be lovely, but now it is bad.", NEGATIVE),
    ),
    "viewpoints": (
        ("I am the only one in the family who loved it.", POSITIVE),
        ("The idea that the soundtrack is terrific is nonsense.", NEGATIVE),
        ("The idea that the opening scene is disappointing is nonsense.", POSITIVE),
    ),
    "comparison": (
        ("You will not find a nicer book.", POSITIVE),
        ("You will not find a worse kettle.", NEGATIVE),
        ("No other website comes close.", POSITIVE),
    ),
    "wishes": (
        ("I wish I could say that the script was good.", NEGATIVE),
        ("Could you tell me whether the update is included?", NEUTRAL),
    ),
    "faint praise": (
        ("The soup was so good that I asked for my money back.", NEGATIVE),
        ("The sole drawback of this resort is that it spoils you for all others.", POSITIVE),
    ),
    "signs": (
        ("That makes 1/5.", NEGATIVE),
        ("The script deserves 3/5.", NEUTRAL),
        ("So, the movie ... 🤮", NEGATIVE),
    ),
    "facts": (("On Tuesday I stayed there.", NEUTRAL), ("To give you one example, the hinge snapped off.", NEGATIVE)),
}


@pytest.mark.parametrize(("text", "label"), [pair for pairs in READ.values() for pair in pairs])
def test_a_text_has_the_label_that_a_reader_gives(text, label):
    assert [case.expected for case in SUITE if case.texts == (text,)] == [label]
