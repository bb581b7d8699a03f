"""From texts to predictions with a saved run: `Predictor`, its engines, and files of predictions.

predictor            texts in, predictions out
engines              what computes the probabilities of a saved run
prediction           the prediction for one text
prediction_columns   the columns that it adds to a row
prediction_files     the formats of files of predictions
batch_jobs           a long job into a file, which goes on where it was stopped
frames               data frames of pandas
sentences            a text sentence by sentence
first_look           what can be said of a file before anything is trained on it

Importing this imports nothing heavy; predicting needs NumPy, onnxruntime, tokenizers and py3langid, and Keras only for
the engine of that name.
"""

from typing import TYPE_CHECKING

from sentiment.support.extras import lazy_names

if TYPE_CHECKING:
    from sentiment.inference.engines import ENGINES, OnnxEngine, load_engine, require_engine
    from sentiment.inference.prediction import UNCERTAIN, Prediction
    from sentiment.inference.prediction_columns import columns_of
    from sentiment.inference.prediction_files import (
        PredictedRow,
        PredictedRows,
        format_of,
        predicted_rows,
        write,
        write_file,
    )
    from sentiment.inference.predictor import Predictor

__all__ = [
    "ENGINES", "UNCERTAIN", "OnnxEngine", "PredictedRow", "PredictedRows", "Prediction", "Predictor", "columns_of",
    "format_of", "load_engine", "predicted_rows", "require_engine", "write", "write_file",
]  # fmt: skip
_ENGINES = ("ENGINES", "OnnxEngine", "load_engine", "require_engine")
_PREDICTION = ("UNCERTAIN", "Prediction")
__getattr__ = lazy_names(
    __name__,
    dict.fromkeys(__all__, f"{__name__}.prediction_files")
    | dict.fromkeys(_ENGINES, f"{__name__}.engines")
    | dict.fromkeys(_PREDICTION, f"{__name__}.prediction")
    | {"Predictor": f"{__name__}.predictor"}
    | {"columns_of": f"{__name__}.prediction_columns"},
)
