"""What is given away with the project is whole on every clone, and no larger than it should be."""

import json
import subprocess
from pathlib import Path

import pytest

IMDB = Path(__file__).parents[2] / "models" / "imdb"
LARGEST = {  # bytes of a folder
    "flagship": 20_000_000,
    "compact": 6_000_000,
    "encoder-compact": 6_000_000,
    "encoder-compact-gru": 6_000_000,
    "encoder-compact-bilstm": 6_000_000,
}
ENCODERS = [name for name in LARGEST if name.startswith("encoder")]


@pytest.mark.parametrize("name", ["flagship", "compact"])
def test_a_shipped_model_predicts(name):
    from sentiment.inference.predictor import Predictor
    from sentiment.runs.saved_run import load_run

    predictor = Predictor(load_run(IMDB / name))
    labels = [prediction.label for prediction in predictor.predict(["A wonderful film.", "A dull, pointless mess."])]
    assert labels == ["positive", "negative"]


@pytest.mark.parametrize("name", ENCODERS)
def test_a_classifier_can_start_from_a_shipped_encoder(name):
    from sentiment.config import preset
    from sentiment.networks.architectures import build
    from sentiment.training.encoders import ARCHITECTURES_OF, load_encoder

    encoder = load_encoder(IMDB / name)
    config = encoder.sized(preset("pretrained")).replace(architecture=ARCHITECTURES_OF[encoder.config.reads][-1])
    model = build(config.model, config.tokenizer.vocabulary_size, seed=1)
    encoder.initialise(model)
    assert (model.get_layer("embedding").get_weights()[0] == encoder.weights[0]).all()


@pytest.mark.parametrize(("name", "most"), LARGEST.items(), ids=str)
def test_no_shipped_file_is_too_large(name, most):
    assert sum(file.stat().st_size for file in (IMDB / name).iterdir()) <= most


@pytest.mark.parametrize("name", ["flagship", "compact"])
def test_the_card_of_a_shipped_model_matches_its_figures(name):
    from sentiment.publishing.cards import run_card
    from sentiment.runs.archive import read_records
    from sentiment.runs.record import Kind
    from sentiment.runs.saved_run import CARD, load_run

    run = load_run(IMDB / name)
    baselines = [record for record in read_records(IMDB).values() if record.kind == Kind.BASELINE]
    assert (IMDB / name / CARD).read_text(encoding="utf-8") == run_card(run.record, baselines)


EVERYDAY = IMDB.parent / "mixed-reviews" / "everyday"


def test_the_everyday_model_tells_three_classes_and_stars_of_texts_of_many_kinds():
    from sentiment.inference.predictor import Predictor
    from sentiment.runs.saved_run import load_run

    predictor = Predictor(load_run(EVERYDAY))
    texts = {
        "The soup was cold and nobody came to take our order.": "negative",
        "Works like a charm, I use it every day!": "positive",
        "I thought it would be awful, but it was not.": "positive",
        "Did you like it? No.": "negative",
        "I watched it on Tuesday.": "neutral",
        "We waited for two hours 😡": "negative",
    }
    predictions = predictor.predict(list(texts))
    assert dict(zip(texts, [prediction.label for prediction in predictions], strict=True)) == texts
    assert all(prediction.stars < 2.6 for prediction in predictions if prediction.label == "negative")
    assert all(prediction.stars > 3.4 for prediction in predictions if prediction.label == "positive")


def test_the_everyday_model_has_no_texts_of_other_people_and_is_no_larger_than_it_should_be():
    import json

    assert (EVERYDAY / "model.onnx").stat().st_size <= 6_000_000
    assert sum(file.stat().st_size for file in EVERYDAY.iterdir()) <= 13_000_000  # fingerprints of what it learnt grow
    metrics = json.loads((EVERYDAY / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["confidently_wrong"] == []


def test_the_card_of_the_everyday_model_matches_its_figures_and_names_its_teachers():
    from sentiment.everyday.recipe import SOURCES
    from sentiment.publishing.cards import run_card
    from sentiment.runs.saved_run import CARD, load_run

    run = load_run(EVERYDAY)
    card = (EVERYDAY / CARD).read_text(encoding="utf-8")
    assert card == run_card(run.record, [], [SOURCES])
    assert all(teacher.name in card for teacher in run.record.teachers)
    assert "| imdb | films |" in (EVERYDAY / SOURCES).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [*sorted(IMDB.parent.glob("*/*/metrics.json")), IMDB / "results.json"], ids=str)
def test_no_published_record_quotes_a_review_or_names_a_place_on_a_machine(path):
    tracked = subprocess.run(["git", "ls-files", path], capture_output=True, text=True, cwd=IMDB, check=False).stdout
    if not tracked:
        pytest.skip("it was trained here, and is not published")
    text = path.read_text(encoding="utf-8")
    assert '"source": "/' not in text
    records = json.loads(text)
    for record in records if isinstance(records, list) else [records]:
        assert all("text" not in mistake for mistake in record.get("confidently_wrong", []))
