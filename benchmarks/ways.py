"""Ways to get from a review to a probability, and what they are asked."""

from dataclasses import dataclass

from benchmarks.contenders import BFLOAT16, FLOAT32

INT8 = "int8"


@dataclass(frozen=True)
class Way:
    """What a person could call; who does it is in `benchmarks.answering`."""

    name: str  # in files
    title: str  # for people
    dtype: str = FLOAT32
    back_end: str = "tensorflow"  # has to be installed

    @property
    def tolerance(self) -> float:
        """How far its probabilities may be from those of the same network in Keras, or of the same transformer."""
        return TOLERANCE[self.dtype]


TOLERANCE = {FLOAT32: 1e-5, INT8: 0.05, BFLOAT16: 0.05}

ONNX = Way("onnx", "ONNX engine, float32", back_end="onnxruntime")
ONNX_INT8 = Way("int8", "ONNX engine, int8", INT8, back_end="onnxruntime")
KERAS = Way("keras", "Keras engine, float32")
MODEL_PREDICT = Way("keras-predict", "Keras, model.predict")
FUNCTION = Way("keras-function", "Keras in one tf.function of fixed shape")
TRANSFORMER = Way("transformer", "Transformer in torch, float32", back_end="torch")
TRANSFORMER_BFLOAT16 = Way("transformer-bfloat16", "Transformer in torch, bfloat16", BFLOAT16, back_end="torch")

OF_A_RUN = (MODEL_PREDICT, FUNCTION, ONNX, ONNX_INT8)  # one review at a time; the first says what is right
OF_MANY = (KERAS, ONNX, ONNX_INT8)  # many reviews at once; here, too
OF_A_TRANSFORMER = (TRANSFORMER, TRANSFORMER_BFLOAT16)
WAYS = {way.name: way for way in (*OF_A_RUN, KERAS, *OF_A_TRANSFORMER)}


@dataclass(frozen=True)
class Network:
    """A custom LSTM as `sentiment.networks.architectures` builds it, with fresh weights: those of a trained one cost
    the same."""

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
    longest: int = 512  # tokens that it has places for


TEXT, IDS, REVIEWS, TOKENISING = "text", "ids", "reviews", "tokenising"


@dataclass(frozen=True)
class Question:
    """What a way does in one round.

    text          the probability of one review, again and again
    ids           the same from its token ids
    reviews       the probabilities of all reviews, from their texts, once
    tokenising    their token ids, once
    """

    asks: str
    seconds: float = 0.0  # how long it does so again and again; a round's figure is the median

    def __str__(self) -> str:
        return f"question for {self.asks}"
