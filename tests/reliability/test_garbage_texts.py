"""Strings from strangers: each is predicted, in order, as a probability, and alone as among others."""

import random

import numpy as np
import pytest

from helpers.command_line import sentiment
from helpers.reliability import FULL
from sentiment.inference import Predictor
from sentiment.support.paths import SHIPPED_MODELS

TEXTS = 10_000 if FULL else 300
ALPHABETS = (
    "abcdefghij KLMNO .,!?'\"-", "0123456789/%*:.-+ ", "\t\n\r\v\f\0\x01\x1b\x7f\u2028\u2029\ufeff\u200b\u200d",
    "áéñßøİıſ\u0301\u0308\u0489", "電影很好看。！？、", "هذا فيلم جيد جدا",
    "😀👍🏽👨‍👩‍👧🇩🇪❤️☺️", ":)-(;D=8><3/\\|", "<br />&amp;&#39;",
    "\ud800\udfff\ud83d", "".join(map(chr, range(0xE000, 0xE010))), "[PAD][UNK]",
)  # fmt: skip
WORDS = "good bad not never film dull fine great 10/10 1/10 ... !!! \U0001f44d :-) don't it’s ﬁne Ａ naïve".split()


def strings(number: int) -> list[str]:
    """Texts of letters, marks, control characters and lone surrogates of many scripts."""
    generator = random.Random(number)
    texts = ["", " ", "\0", "\n", "a", "a" * 20_000, "a " * 5_000, "\U0001f600" * 2_000, "!" * 5_000, "9" * 5_000]
    while len(texts) < number:
        alphabet = generator.choice(ALPHABETS) + generator.choice(ALPHABETS)
        pieces = [*generator.choices(alphabet, k=generator.randrange(80)), *generator.choices(WORDS, k=5)]
        pieces += [chr(generator.randrange(0x110000)) for _ in range(generator.randrange(5))]
        generator.shuffle(pieces)
        texts.append(generator.choice(("", " ")).join(pieces))
    return texts


@pytest.mark.parametrize("name", ["imdb/compact", "mixed-reviews/everyday"])
def test_every_string_is_predicted_in_order_and_alone_as_among_others(name, record_property):
    predictor = Predictor.load(SHIPPED_MODELS / name)
    texts = strings(TEXTS)
    together = [*predictor.stream(texts)]
    assert [text for text, _ in together] == texts
    for text, prediction in together:
        if prediction.probabilities:
            assert sum(prediction.probabilities.values()) == pytest.approx(1, abs=1e-6)
            assert all(0 <= share <= 1 + 1e-6 for share in prediction.probabilities.values()), text
    shares = np.array([list(p.probabilities.values()) or [0] * len(predictor.classes) for _, p in together])
    alone = np.concatenate([_shares(predictor, text) for text in texts])
    np.testing.assert_allclose(alone, shares, atol=1e-5)
    record_property("texts", TEXTS)


def _shares(predictor: Predictor, text: str) -> np.ndarray:
    prediction = predictor.predict(text)
    return np.array([list(prediction.probabilities.values()) or [0] * len(predictor.classes)])


def test_the_tokenizer_gives_every_string_ids_of_its_vocabulary():
    predictor = Predictor.load(SHIPPED_MODELS / "imdb/compact")
    tokenizer = predictor.run.tokenizer()
    for ids in tokenizer.token_ids([text for text in strings(TEXTS) if text.isprintable()]):
        assert 1 <= len(ids) <= tokenizer.config.max_length
        assert ids.dtype == np.int32
        assert ids.min() > 0


# Clears a terminal, names its window, and recolours it; the last one by the single character that stands for ESC [.
SEQUENCES = "\x1b[2J\x1b]0;yours\x07\x9b31m"


@pytest.mark.parametrize("where", ["a column", "a text", "a run", "a file"])
def test_a_terminal_is_told_nothing_by_names_and_texts(tmp_path, where):
    """They come from strangers and stand in messages, tables and explanations: a terminal would obey them."""
    path = tmp_path / f"{SEQUENCES if where == 'a file' else 'a'}.csv"
    path.write_text(f"{SEQUENCES if where == 'a column' else 'x'},y\nA fine film,a\nA dull film,b\n")
    command = {
        "a text": ("explain", f"A fine {SEQUENCES}film, and not dull."),
        "a run": ("predict", "A fine film.", "--run", SEQUENCES),
    }.get(where, ("predict", "--input", path))
    done = sentiment(*command)
    shown = done.stdout + done.stderr
    assert ("film" in shown) if where == "a text" else ("31m" in shown)
    assert not [char for char in shown if (char != "\n" and char < " ") or "\x7f" <= char <= "\x9f"]
