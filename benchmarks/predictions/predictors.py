"""The predictors that are compared, the workloads they get, and how much the benchmark does."""

from dataclasses import dataclass

FLOAT32, BFLOAT16, INT8 = "float32", "bfloat16", "int8"
TOLERANCE = {FLOAT32: 1e-5, INT8: 0.05, BFLOAT16: 0.05}


@dataclass(frozen=True)
class PredictorSpec:
    """One way for a program to get probabilities; `benchmarks.predictions.worker` implements it."""

    name: str  # in files
    title: str  # for people
    dtype: str = FLOAT32
    back_end: str = "tensorflow"  # has to be installed

    @property
    def tolerance(self) -> float:
        """The largest difference from the same network in Keras, or from the same transformer in float32."""
        return TOLERANCE[self.dtype]


ONNX = PredictorSpec("onnx", "ONNX engine, float32", back_end="onnxruntime")
ONNX_INT8 = PredictorSpec("int8", "ONNX engine, int8", INT8, back_end="onnxruntime")
KERAS = PredictorSpec("keras", "Keras engine, float32")
MODEL_PREDICT = PredictorSpec("keras-predict", "Keras, model.predict")
FUNCTION = PredictorSpec("keras-function", "Keras in one tf.function of fixed shape")
TRANSFORMER = PredictorSpec("transformer", "Transformer in torch, float32", back_end="torch")
TRANSFORMER_BFLOAT16 = PredictorSpec("transformer-bfloat16", "Transformer in torch, bfloat16", BFLOAT16, "torch")

# The first of each group gives the probabilities that the others are compared with.
FOR_ONE_REVIEW = (MODEL_PREDICT, FUNCTION, ONNX, ONNX_INT8)
FOR_MANY_REVIEWS = (KERAS, ONNX, ONNX_INT8)
TRANSFORMERS = (TRANSFORMER, TRANSFORMER_BFLOAT16)
PREDICTORS = {predictor.name: predictor for predictor in (*FOR_ONE_REVIEW, KERAS, *TRANSFORMERS)}


@dataclass(frozen=True)
class Network:
    """A custom LSTM as `sentiment.networks.architectures` builds it, with fresh weights: trained ones cost the same."""

    name: str
    units: int
    embedding_size: int


@dataclass(frozen=True)
class Transformer:
    """An encoder with fresh weights, by default of the size of DistilBERT."""

    name: str = "DistilBERT-sized transformer"
    vocabulary_size: int = 30_522
    width: int = 768
    heads: int = 12
    layers: int = 6
    inner: int = 3_072
    longest: int = 512  # tokens that it has positions for


TEXT, IDS, REVIEWS, TOKENISING = "text", "ids", "reviews", "tokenising"


@dataclass(frozen=True)
class Workload:
    """What a predictor does in one round.

    text          the probability of one review, again and again
    ids           the same from its token ids
    reviews       the probabilities of all reviews, from their texts, once
    tokenising    their token ids, once
    """

    name: str
    seconds: float = 0.0  # how long it repeats; a round's figure is the median

    def __str__(self) -> str:
        return f"workload of {self.name}"


@dataclass(frozen=True)
class PredictionSettings:
    """The full benchmark of predictions; some six minutes on two cores."""

    networks: tuple[Network, ...] = (Network("128 units", 128, 128), Network("512 units", 512, 256))
    transformer: Transformer = Transformer()
    tokens: int = 256  # of the review that is read alone
    vocabulary_size: int = 10_000
    rounds: int = 15  # of one review alone
    seconds_a_round: float = 0.3  # a predictor repeats its answer; the round's figure is the median
    seconds_a_measurement: float = 12.0  # a predictor that needs more for its rounds does fewer, three if they fit
    reviews: int = 25_000  # scored together
    rounds_of_reviews: int = 3
    cold_starts: int = 7
    clients: tuple[int, ...] = (1, 8, 32)
    rounds_of_load: int = 5
    seconds_of_load: float = 3.0  # in a round
    smoke: bool = False  # whether the figures say nothing


def quick_settings() -> PredictionSettings:
    """A smoke run: every part of the benchmark, with figures that mean nothing."""
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
