"""An explanation for people: in a terminal, with colours and without, and as a picture."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from helpers.command_line import sentiment, sentiment_process
from sentiment.explain import Explanation, Phrase, Token
from sentiment.explain.picture import draw, write_png
from sentiment.explain.terminal import as_read, for_and_against, in_words, lines, words

ROOT = Path(__file__).parent.parent.parent
TEXT = "It was not a bad film."


def explanation(contributions, text="a good but long film", label="positive", truncated=False) -> Explanation:
    tokens, at = [], 0
    for word, contribution in zip(text.split(), contributions, strict=True):
        at = text.index(word, at)
        tokens.append(Token(word, at, at + len(word), True, contribution, 0.5 + contribution / 10))
        at += len(word)
    probability = 0.75 if label == "positive" else 0.25
    return Explanation("run", text, label, probability, truncated, "occlusion", None, tuple(tokens), (), "")


def test_without_colours_words_carry_signs_by_their_share_of_the_strongest():
    result = words(explanation([0.0, 4.0, -0.8, -2.0, 0.1]), colours=False)
    assert result.plain == "a [good +++] [but -] [long --] film"


def test_with_colours_words_stand_as_they_are_purple_for_positive_and_orange_for_negative():
    result = words(explanation([0.0, 4.0, 0.0, -4.0, 0.1]), colours=True)
    assert result.plain == "a good but long film"
    purple, orange = (span.style.bgcolor.triplet for span in result.spans if span.style.bgcolor)
    assert purple.blue > purple.green
    assert orange.red > orange.blue


def test_without_contributions_no_word_is_marked():
    assert words(explanation([0.0] * 5), colours=False).plain == "a good but long film"
    supporting, opposing = for_and_against(explanation([0.0] * 5))
    assert (supporting, opposing) == ([], [])


def test_words_for_and_against_are_seen_from_the_verdict():
    supporting, opposing = for_and_against(explanation([0.0, 1.0, 0.0, -2.0, -3.0], label="negative"))
    assert [phrase.text for phrase in supporting] == ["film", "long"]
    assert [phrase.text for phrase in opposing] == ["good"]


def test_words_that_act_together_are_one_phrase_with_one_mark_and_one_colour():
    words_alone = explanation([0.0, 4.0, 3.0, -2.0, 0.1], text="was never dull but slow")
    phrases = [("was", 0.0), ("never dull", 2.5), ("but", -0.3), ("slow", -0.6)]
    starts = [words_alone.text.index(text) for text, _ in phrases]
    together = [
        Phrase(text, start, start + len(text), value)
        for (text, value), start in zip(phrases, starts, strict=True)
    ]  # fmt: skip
    result = replace(words_alone, phrases=tuple(together))
    assert words(result, colours=False).plain == "was [never dull +++] [but -] [slow -]"
    coloured = words(result, colours=True)
    assert [coloured.plain[span.start : span.end] for span in coloured.spans if span.style.bgcolor] == [
        "never dull", "but", "slow",
    ]  # fmt: skip
    shown = {line.plain.split("  ")[0]: line.plain.split("  ")[-1].strip() for line in lines(result, 80, colours=False)}
    assert shown["strongly positive"] == "never dull"
    assert shown["weakly negative"] == "slow, but"
    assert not any("+2.50" in line.plain for line in lines(result, 80, colours=False))
    assert any("never dull +2.50, slow -0.60" in line.plain for line in lines(result, 80, colours=False, details=True))


@pytest.mark.parametrize(
    ("contribution", "classes", "target", "expected"),
    [
        (2.0, ("negative", "positive"), "positive", "strongly positive"),
        (-0.7, ("negative", "positive"), "positive", "negative"),
        (0.69, ("negative", "positive"), "negative", "weakly negative"),
        (-3.0, ("negative", "neutral", "positive"), "positive", "strongly against positive"),
        (1.0, ("ham", "spam"), "spam", "for spam"),
        (-1.0, ("ham", "spam"), "spam", "for ham"),
        (-0.1, ("1", "2", "3"), "2", "weakly against 2"),
    ],
)
def test_a_contribution_is_said_in_plain_words(contribution, classes, target, expected):
    result = replace(explanation([0.0] * 5), classes=classes, target=target)
    assert in_words(result, contribution) == expected


def test_words_of_a_long_review_that_were_judged_in_groups_are_counted():
    result = replace(explanation([0.0, 1.0, 0.5, 0.5, 0.0]), shared=2)
    assert "2 of 5 words, of weaker parts, were judged in groups to save time" in "\n".join(
        line.plain for line in lines(result, 80, colours=False)
    )


def test_the_line_of_blocks_goes_from_empty_to_full_and_ends_at_the_verdict():
    result = explanation([-5.0, -2.5, 0.0, 2.5, 5.0])
    assert as_read(result, 80) == "▁▃▅▇█"
    assert as_read(result, 2) == "▃█"


def test_the_middle_that_was_left_out_is_marked(make_run):
    result = make_run("custom-lstm")[0].explain("it was good and " + "very " * 9 + "bad , not good")
    assert result.truncated
    assert "[…]" in words(result, colours=False).plain
    assert "its middle was not read" in "\n".join(line.plain for line in lines(result, 80, colours=False))


@pytest.mark.parametrize("architecture", ["custom-lstm", "bilstm", "gru"])
def test_a_picture_has_a_panel_for_each_thing_to_see(make_run, architecture):
    figure = draw(make_run(architecture)[0].explain(TEXT, gates=True))
    labels = [axes.get_ylabel().replace("\n", " ") for axes in figure.axes if axes.get_ylabel()]
    gates = ["input gate", "forget gate", "output gate", "candidate", "cell"]
    directions = {"custom-lstm": 1, "bilstm": 2, "gru": 0}[architecture]
    assert labels == ["contribution (logits)", "probability of positive, as read", *gates * directions]
    notes = " ".join(text.get_text() for text in figure.texts)
    assert ("GRU" in notes) == (architecture == "gru")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("text", ["good", "It cost $5, or $6. ❤👍 " + "x" * 200, "it was good . " * 150])
def test_any_review_can_be_drawn_and_the_same_one_gives_the_same_picture(make_run, tmp_path, text):
    result = make_run("custom-lstm")[0].explain(text, gates=True)
    write_png(result, tmp_path / "one.png")
    write_png(result, tmp_path / "two.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert imread(tmp_path / "one.png").shape[1] == 1800


def test_units_are_sorted_by_what_they_add(make_run):
    result = make_run("custom-lstm")[0].explain(TEXT, gates=True)
    [gates] = result.gates
    [cell] = [axes for axes in draw(result).axes if axes.get_ylabel() == "cell"]
    order = np.argsort(-gates.unit_contribution)
    np.testing.assert_array_equal(cell.images[0].get_array(), gates.cell[:, order].T)


def test_the_command_shows_the_words_the_reading_and_the_gates(make_run, tmp_path):
    explainer, _ = make_run("bilstm")
    done = sentiment_process("explain", TEXT, "--run", explainer.run.folder, "--gates", "--png", tmp_path / "a.png")
    assert done.returncode == 0, done.stderr
    for part in ("probability", "as read", "positive  ", "negative  ", "forward: means over 5 units", "backward:"):
        assert part in done.stdout
    assert "\x1b[" not in done.stdout
    assert (tmp_path / "a.png").stat().st_size > 10_000


def test_the_command_writes_the_explanation_as_json(make_run):
    explainer, _ = make_run("gru")
    done = sentiment("explain", TEXT, "--run", explainer.run.folder, "--json", "--gates")
    result = json.loads(done.stdout)
    assert result == json.loads(explainer.explain(TEXT, gates=True).to_json())
    assert "no such view" in result["gates_note"]


def test_the_command_says_that_a_gru_has_no_gates_to_show(make_run):
    done = sentiment("explain", TEXT, "--run", make_run("gru")[0].run.folder, "--gates")
    assert "there is no such view" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ((), "expected a text or --check; found neither"),
        (("good", "--check"), "found both"),
        ((" ",), "expected a text; found an empty one"),
        (("good", "--method", "magic"), "occlusion, integrated-gradients"),
    ],
)
def test_the_command_refuses_with_one_line(make_run, arguments, part):
    done = sentiment("explain", *arguments, "--run", make_run("gru")[0].run.folder)
    assert done.returncode == 2
    assert done.stdout == ""
    assert part in done.stderr
    assert "Traceback" not in done.stderr


def test_the_check_writes_its_figures_beside_the_runs(make_run):
    run = make_run("lstm")[0].run
    done = sentiment("explain", "--check", "--run", run.folder)
    assert done.returncode == 0, done.stderr
    [row] = json.loads((run.folder.parent / "explanation.json").read_text(encoding="utf-8"))
    assert (row["run"], row["method"], row["reviews"]) == ("lstm", "occlusion", 400)
    assert f"{row['among_first_three']} of {row['answered_correctly']} answered correctly" in done.stdout
