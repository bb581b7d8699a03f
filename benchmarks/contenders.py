"""What is compared, and what they are asked to do."""

from dataclasses import dataclass

FLOAT32, BFLOAT16 = "float32", "bfloat16"


@dataclass(frozen=True)
class Contender:
    """An LSTM, in one way in which a person could run it."""

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
        """Of a token in a training step: forward, by inputs, by weights; a multiplication and an addition count two."""
        return 6 * (self.features + self.units) * 4 * self.units


@dataclass(frozen=True)
class Task:
    """One timed step.

    Forward: outputs float[batch, time, units], after every token. Training: also the gradients by the inputs and all
    weights, for given gradients by the outputs. Inputs come in the contender's dtype, as from a layer before it.
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
