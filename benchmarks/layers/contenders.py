"""The layers that are compared, the tasks they do, and how much the benchmark does."""

from dataclasses import dataclass, field

from sentiment.support.environment import cores

FLOAT32, BFLOAT16 = "float32", "bfloat16"


@dataclass(frozen=True)
class Contender:
    """An LSTM layer, run in one particular manner."""

    name: str  # in files
    title: str  # for people
    family: str  # "ours", "keras" or "torch"
    dtype: str  # of the products; with Keras bfloat16 is the policy mixed_bfloat16
    back_end: str = "tensorflow"  # or "jax" or "torch"
    xla: bool = False  # compiled by XLA, in TensorFlow
    portable: bool = False  # ours without its fast path


OURS = Contender("ours-float32", "Custom LSTM, float32", "ours", FLOAT32)
OURS_ON_JAX = Contender("ours-jax-float32", "Custom LSTM on JAX, float32", "ours", FLOAT32, back_end="jax")
KERAS = Contender("keras-float32", "Keras LSTM, float32", "keras", FLOAT32)
TORCH = Contender("torch-bfloat16", "torch.nn.LSTM, bfloat16", "torch", BFLOAT16, back_end="torch")

CONTENDERS = (
    OURS,
    Contender("ours-mixed_bfloat16", "Custom LSTM, mixed_bfloat16", "ours", BFLOAT16),
    Contender("ours-portable-float32", "Custom LSTM within portable(), float32", "ours", FLOAT32, portable=True),
    KERAS,
    Contender("keras-float32-xla", "Keras LSTM, float32, jit_compile", "keras", FLOAT32, xla=True),
    Contender("keras-mixed_bfloat16", "Keras LSTM, mixed_bfloat16", "keras", BFLOAT16),
    Contender("keras-mixed_bfloat16-xla", "Keras LSTM, mixed_bfloat16, jit_compile", "keras", BFLOAT16, xla=True),
    TORCH,
    Contender("torch-float32", "torch.nn.LSTM, float32", "torch", FLOAT32, back_end="torch"),
)


@dataclass(frozen=True)
class Shape:
    """The size of a batch and of the layer that reads it."""

    name: str
    batch: int
    time: int  # steps, all of them real tokens
    features: int  # of the embedding
    units: int

    @property
    def tokens(self) -> int:
        """In one batch."""
        return self.batch * self.time

    @property
    def training_flop(self) -> int:
        """Floating-point operations per token of a training step: forward, by inputs, by weights."""
        return 6 * (self.features + self.units) * 4 * self.units  # a multiplication and an addition count two


@dataclass(frozen=True)
class Task:
    """One timed step.

    Forward: outputs float[batch, time, units], after every token. Training: also the gradients by the inputs and all
    weights, from given gradients by the outputs. Inputs come in the contender's dtype, as from a layer before it.
    """

    shape: Shape
    training: bool
    bidirectional: bool = False  # two layers, outputs side by side: float[batch, time, 2 units]

    def __str__(self) -> str:
        shape, direction = self.shape, ", both directions" if self.bidirectional else ""
        return f"{self.step} of {shape.batch} x {shape.time} tokens at {shape.units} units{direction}"

    @property
    def step(self) -> str:
        return "training step" if self.training else "forward pass"


@dataclass(frozen=True)
class MatmulTask:
    """Products of two square float32 and bfloat16 matrices on all cores."""

    size: int  # rows and columns

    def __str__(self) -> str:
        return f"product of {self.size} x {self.size} matrices"


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
    preliminary_steps: int = 3
    keeps_prepared: bool = False  # tasks from the preliminary round; large ones would take too much memory
    rounds: int = 12  # of a measurement that counts
    seconds_a_measurement: float = 25.0  # a contender that needs more does fewer rounds, three if one fits
    dropped_from: float = 3.0  # times as slow as the fastest of its family: out after the preliminary round
    dropped_from_both_directions: float = 1.5  # the same for both directions, judged by one direction
    units: tuple[int, ...] = (32, 64, 128, 256, 512)  # of the curve against units
    lengths: tuple[int, ...] = (32, 64, 128, 256, 512)  # of the curve against length
    curve: Shape = Shape("curve", batch=128, time=128, features=128, units=128)  # the rest of its shapes
    curve_rounds: int = 5
    not_drawn_from: float = 10.0  # times as slow as the fastest of all: not on the curves
    compiled: Shape = Shape("compiled", batch=32, time=64, features=128, units=128)
    compiled_longer: int = 512  # steps
    compilations: int = 3
    steps_for_memory: int = 3
    matmul_size: int = 2048  # rows and columns of the matrices whose product is the upper limit
    smoke: bool = False  # whether the figures say nothing


def quick_settings() -> Settings:
    """A smoke run: every part of the benchmark, with figures that mean nothing."""
    return Settings(
        shapes=(Shape("128 units", batch=16, time=6, features=6, units=8),),
        threads=(1,),
        preliminary_steps=1,
        keeps_prepared=True,
        rounds=2,
        dropped_from=1e9,  # the smallest steps differ by any factor
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
        matmul_size=128,
        smoke=True,
    )
