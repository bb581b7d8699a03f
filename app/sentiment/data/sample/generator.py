"""The bundled sample: generated reviews whose label depends on the order of the words.

Each review has an opening, a frame with two opposite opinions (see `sentiment.data.sample.grammar`), some neutral
plot, a closing, and sometimes a plain remark. Reviews come in pairs with the same words: the two opinions change
places, and the label with them. So neither words nor pairs of words tell the label. Frames of the test split never
occur in training.

    python -m sentiment.data.sample.generator        writes data/sample/reviews.csv again
"""

import random
from typing import TYPE_CHECKING

from sentiment.data.sample import grammar
from sentiment.data.sample.grammar import FRAMES, PLAIN_BLAME, PLAIN_PRAISE, PLOT
from sentiment.support.paths import SAMPLE
from sentiment.support.storage import write_text

if TYPE_CHECKING:
    import pandas as pd

SEED = 20
TRAIN_PAIRS = 1_250
TEST_PAIRS = 400
TEST_EVERY = 4  # every fourth frame of a kind, from the first on, is for the test split
PLAIN_SHARE = 0.2  # of the pairs that end with a plain remark


def generate(seed: int = SEED, train_pairs: int = TRAIN_PAIRS, test_pairs: int = TEST_PAIRS) -> "pd.DataFrame":
    """Generates the reviews.

    Args:
        seed: of all choices.
        train_pairs: pairs of a positive and a negative training review.
        test_pairs: pairs of test reviews.

    Returns:
        A row for each review with the columns `review`, `sentiment` ("positive" or "negative"), `split` ("train" or
        "test"), `kind` (how the opinions are connected) and `frame` (kind and number of the frame).
    """
    import pandas as pd

    chance = random.Random(seed)
    rows = []
    for split, pairs in (("train", train_pairs), ("test", test_pairs)):
        frames = frames_of(split)
        for number in range(pairs):
            frame = frames[number % len(frames)]  # every frame equally often
            rows += [{**row, "split": split} for row in _pair(frame, chance)]
    chance.shuffle(rows)
    columns = ["review", "sentiment", "split", "kind", "frame"]
    return pd.DataFrame(rows, columns=columns).sort_values("split", kind="stable", ascending=False, ignore_index=True)


def frames_of(split: str) -> list[tuple[str, int]]:
    """Kind and number of each frame of "train" or "test", the kinds in turn."""
    numbers = range(max(map(len, FRAMES.values())))
    wanted = [number for number in numbers if (number % TEST_EVERY == 0) == (split == "test")]
    return [(kind, number) for number in wanted for kind in FRAMES if number < len(FRAMES[kind])]


def draw_names(chance: random.Random) -> dict[str, str | int]:
    """The title, people, year and town of one review, as the sentences of the grammar name them."""
    names: dict[str, str | int] = {
        "title": chance.choice(grammar.TITLES),
        "director": chance.choice(grammar.PEOPLE),
        "year": chance.randint(1961, 2019),
        "town": chance.choice(grammar.TOWNS),
    }
    names["hero"], names["friend"] = (name.split()[0] for name in chance.sample(grammar.PEOPLE, 2))
    return names


def _pair(frame: tuple[str, int], chance: random.Random) -> list[dict[str, str]]:
    """A positive and a negative review. They differ in the places of the opinions, and in the plain remark if any."""
    kind, number = frame
    praise = f"{chance.choice(grammar.ADVERBS)} {chance.choice(grammar.PRAISE)}"
    blame = f"{chance.choice(grammar.ADVERBS)} {chance.choice(grammar.BLAME)}"
    names = draw_names(chance)
    early = kind == "early"
    length = chance.randint(5, 7) if early else chance.randint(1, 3)
    plot = [PLOT[i] for i in sorted(chance.sample(range(len(PLOT)), length))]
    opening, closing = chance.choice(grammar.OPENINGS), chance.choice(grammar.CLOSINGS)
    verdict_first = early or chance.random() < 0.5
    middle = [FRAMES[kind][number], *plot] if verdict_first else [*plot, FRAMES[kind][number]]
    remark = chance.randrange(len(PLAIN_PRAISE)) if chance.random() < PLAIN_SHARE else None

    def review(sentiment: str, held: str, other: str, remarks: tuple[str, ...]) -> dict[str, str]:
        last = [] if remark is None else [remarks[remark]]
        text = " ".join([opening, *middle, closing, *last]).format(held=held, other=other, **names)
        return {"review": text, "sentiment": sentiment, "kind": kind, "frame": f"{kind}-{number}"}

    return [review("positive", praise, blame, PLAIN_PRAISE), review("negative", blame, praise, PLAIN_BLAME)]


def main() -> None:
    """Writes the sample into the project."""
    write_text(SAMPLE, generate().to_csv(index=False, lineterminator="\n"))


if __name__ == "__main__":
    main()
