"""How much a benchmark does."""

from dataclasses import dataclass, field

from benchmarks.contenders import Shape
from benchmarks.ways import Network, Transformer
from sentiment.support.environment import cores

_CURVE = Shape("curve", batch=128, time=128, features=128, units=128)
_COMPILED = Shape("compiled", batch=32, time=64, features=128, units=128)


def _thread_settings() -> tuple[int, ...]:
    """One thread an operation, one a core, and what `sentiment.support.threads` gives a training."""
    return tuple(sorted({1, max(1, cores() // 2), cores()}))


@dataclass(frozen=True)
class Settings:
    """The full benchmark of layers; some ten minutes on two cores."""

    shapes: tuple[Shape, ...] = (
        Shape("128 units", batch=256, time=256, features=128, units=128),
        Shape("512 units", batch=128, time=100, features=256, units=512),
    )
    threads: tuple[int, ...] = field(default_factory=_thread_settings)
    glances: int = 3  # steps of a preliminary round
    rounds: int = 12  # of a measurement that counts
    seconds_a_measurement: float = 25.0  # a contender that needs more does fewer rounds, three if one fits
    dropped_from: float = 3.0  # times as slow as the fastest of its family: out after the preliminary round
    dropped_from_both_directions: float = 1.5  # who is that much slower in one direction is not the best in two
    units: tuple[int, ...] = (32, 64, 128, 256, 512)  # of the curve against units
    lengths: tuple[int, ...] = (32, 64, 128, 256, 512)  # of the curve against length
    curve: Shape = _CURVE  # what stays while one of them changes
    curve_rounds: int = 5
    not_drawn_from: float = 10.0  # times as slow as the fastest of all: not on the curves
    compiled: Shape = _COMPILED
    compiled_longer: int = 512  # steps
    compilations: int = 3
    steps_for_memory: int = 3
    limit_size: int = 2048  # rows and columns of the matrices whose product is the limit
    smoke: bool = False  # whether the figures say nothing


def quick() -> Settings:
    """A smoke run: every part of the benchmark, and figures that mean nothing."""
    return Settings(
        shapes=(
            Shape("128 units", batch=16, time=6, features=6, units=8),
            Shape("512 units", batch=16, time=4, features=8, units=12),
        ),
        threads=(1,),
        glances=1,
        rounds=2,
        dropped_from=1e9,  # the smallest steps differ by whatever
        dropped_from_both_directions=1e9,
        units=(4, 8),
        lengths=(4, 8),
        curve=Shape("curve", batch=16, time=4, features=4, units=4),
        curve_rounds=2,
        not_drawn_from=1e9,
        compiled=Shape("compiled", batch=4, time=4, features=4, units=4),
        compiled_longer=8,
        compilations=1,
        steps_for_memory=1,
        limit_size=128,
        smoke=True,
    )


@dataclass(frozen=True)
class PredictionSettings:
    """The full benchmark of predictions; some six minutes on two cores."""

    networks: tuple[Network, ...] = (Network("128 units", 128, 128), Network("512 units", 512, 256))
    transformer: Transformer = field(default_factory=Transformer)
    tokens: int = 256  # of the review that is read alone
    vocabulary_size: int = 10_000
    rounds: int = 15  # of one review alone
    seconds_a_round: float = 0.3  # a way answers again and again; the round's figure is the median
    seconds_a_measurement: float = 12.0  # a way that needs more for its rounds does fewer, three if they fit
    reviews: int = 25_000  # scored together
    rounds_of_reviews: int = 3
    cold_starts: int = 7
    clients: tuple[int, ...] = (1, 8, 32)
    rounds_of_load: int = 5
    seconds_of_load: float = 3.0  # in a round
    smoke: bool = False  # whether the figures say nothing


def quick_predictions() -> PredictionSettings:
    """A smoke run: every part of the benchmark, and figures that mean nothing."""
    return PredictionSettings(
        networks=(Network("128 units", 8, 6), Network("512 units", 12, 8)),
        transformer=Transformer(width=24, heads=2, layers=1, inner=48),
        tokens=16,
        vocabulary_size=300,
        rounds=2,
        seconds_a_round=0.01,
        reviews=70,
        rounds_of_reviews=2,
        cold_starts=1,
        clients=(1, 4),
        rounds_of_load=2,
        seconds_of_load=0.2,
        smoke=True,
    )
