"""Predictions in Spark: a function of a column of texts that gives the columns of prediction files in a struct.

    from sentiment.spark import predict_udf
    predict = predict_udf("imdb/compact")
    frame.select("*", predict("text").alias("prediction")).select("*", "prediction.*")

The run is loaded here once, to know its columns, and once in each Python worker of the executors, which need this
package and nothing else: the files of the run travel with the function.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sentiment.inference.prediction_columns import KINDS, cells_of, columns_of
from sentiment.inference.predictor import Predictor
from sentiment.metrics.verdicts import THRESHOLD
from sentiment.runs.saved_run import SavedRun, find_run, qualified_name
from sentiment.scoring.job import run_content, run_from
from sentiment.support.extras import naming_the_extra
from sentiment.support.paths import models_folder

if TYPE_CHECKING:
    from pyspark.sql.types import StructType

_BATCH = 2_048  # texts that a worker predicts together
_TEXT = "text"  # the last column of files; here it is the input


def predict_udf(
    run: SavedRun | str | os.PathLike[str] | None = None,
    models: str | os.PathLike[str] | None = None,
    threshold: float = THRESHOLD,
    uncertain: float = 0.0,
) -> Callable[..., Any]:
    """A function of Spark from a column of strings to a column of structs; null and "" give a null label.

    Args:
        run: a run, or its folder, `dataset/name` or `name`; None: the default run.
        models: the folder of all datasets; None: see `sentiment.support.paths.models_folder`.
        threshold: as in `Predictor.predict`.
        uncertain: as in `Predictor.predict`.

    Returns:
        A function from a column, or its name, to a column, by `pyspark.ml.functions.predict_batch_udf`. The fields of
        the struct are the columns of `sentiment.inference.prediction_columns` without the text: strings, booleans and
        32-bit floats.

    Raises:
        MissingExtraError: pyspark, pandas or pyarrow is not installed.
        RunError: there is no such run, or it lacks its ONNX model.
        ConfigError: `threshold` or `uncertain` is not from 0 to 1, or a threshold is set for more than two classes.
    """
    with naming_the_extra():
        import pandas  # noqa: F401  Spark's own message does not name the extra
        import pyarrow  # noqa: F401
        from pyspark.ml.functions import predict_batch_udf
    saved = run if isinstance(run, SavedRun) else find_run(Path(models or models_folder()), run)
    Predictor(saved, threads=1).predict("", threshold, uncertain)  # a mistake is found here, not on the executors
    content, name = run_content(saved), qualified_name(saved.folder)

    def load() -> Callable[[np.ndarray], dict[str, np.ndarray]]:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        with tempfile.TemporaryDirectory(prefix="sentiment-run-") as folder:
            predictor = Predictor(run_from(content, Path(folder), name), threads=1)
        columns = _columns(predictor.run)

        def predict(texts: np.ndarray) -> dict[str, np.ndarray]:
            predictions = predictor.predict(texts.tolist(), threshold, uncertain)
            rows = [cells_of(prediction, "", predictor.classes) for prediction in predictions]
            # The text, last in a row, is left out. Arrays of objects keep None, which is null in Spark.
            return {
                name: np.array([row[at] for row in rows], np.int8 if KINDS.get(name) is bool else object)
                for at, name in enumerate(columns)
            }

        return predict

    predict = predict_batch_udf(load, return_type=_struct(saved, booleans="byte"), batch_size=_BATCH)
    returned = _struct(saved)
    return lambda texts: predict(texts).cast(returned)


def _columns(run: SavedRun) -> list[str]:
    return [name for name in columns_of(run.config.classes) if name != _TEXT]


def _struct(run: SavedRun, booleans: str = "boolean") -> "StructType":
    """The type of a prediction; `predict_batch_udf` takes no booleans, so that they are numbers first."""
    from pyspark.sql.types import StructType

    of_kind = {str: "string", bool: booleans}
    struct = StructType()
    for name in _columns(run):
        struct.add(name, of_kind.get(KINDS.get(name, float), "float"))
    return struct
