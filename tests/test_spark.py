"""Predictions in Spark: the struct of a column is what a predictor says of its texts."""

import shutil
import sys
from pathlib import Path

import pytest

from sentiment.errors import ConfigError
from sentiment.inference.prediction_columns import cells_of, columns_of
from sentiment.inference.predictor import Predictor

pytest.importorskip("pyspark", reason="the extra spark is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java, which is not installed"),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
]

ROOT = Path(__file__).parents[1]
TEXTS = ["A good film.", None, "Not once was it dull.", "", "bad " * 30, "Ich weiß es nicht", "café ❤"]


@pytest.fixture(scope="module")
def spark():
    """Spark with two threads of this machine."""
    from pyspark.sql import SparkSession

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
        session = builder.config("spark.log.level", "ERROR").config("spark.driver.memory", "512m").getOrCreate()
        yield session
        session.stop()


@pytest.mark.parametrize("name", ["imdb/compact", "mixed-reviews/everyday"])
def test_every_row_has_what_a_predictor_says_of_its_text(name, spark):
    from sentiment.spark import predict_udf

    predictor = Predictor.load(name, ROOT / "models")
    frame = spark.createDataFrame(list(enumerate(TEXTS)), "id int, text string").repartition(2)
    predict = predict_udf(name, ROOT / "models")
    made = frame.select("id", predict("text").alias("prediction")).select("id", "prediction.*").orderBy("id").collect()
    columns = columns_of(predictor.classes)[:-1]
    for text, row, prediction in zip(TEXTS, made, predictor.predict(TEXTS), strict=True):
        expected = dict(zip(columns, cells_of(prediction, text, predictor.classes), strict=False))
        assert row.asDict() == {"id": row["id"], **expected} | {
            column: pytest.approx(value, abs=1e-6) for column, value in expected.items() if type(value) is float
        }
    assert made[1]["label"] is None
    assert isinstance(made[0]["sure"], bool)


@pytest.mark.usefixtures("spark")
def test_a_mistake_is_found_before_the_executors_are_asked():
    from sentiment.spark import predict_udf

    with pytest.raises(ConfigError, match="threshold"):
        predict_udf("imdb/compact", ROOT / "models", threshold=2.0)
