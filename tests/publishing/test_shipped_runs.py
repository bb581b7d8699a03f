"""What is given away with the project is whole on every clone, and no larger than it should be."""

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
    from sentiment.networks.architectures import architecture
    from sentiment.publishing.cards import run_card
    from sentiment.runs.archive import read_records
    from sentiment.runs.record import Kind
    from sentiment.runs.saved_run import CARD, load_run

    run = load_run(IMDB / name)
    baselines = [record for record in read_records(IMDB).values() if record.kind == Kind.BASELINE]
    title = architecture(run.config.model.architecture).title
    assert (IMDB / name / CARD).read_text(encoding="utf-8") == run_card(run.record, title, baselines)
