"""Explainers of tiny networks, one of each architecture."""

from collections.abc import Callable

import keras
import pytest

from helpers.tiny_runs import network, save_run
from sentiment.config import POLARITY, Classes, Config
from sentiment.explain import Explainer
from sentiment.runs.saved_run import load_run


@pytest.fixture(scope="session")
def config() -> Config:
    return Config().replace(units=5, embedding_size=4, pooling=("max", "mean", "last"), max_length=8)


@pytest.fixture(scope="session")
def make_run(tmp_path_factory, config) -> Callable[..., tuple[Explainer, keras.Model]]:
    """The explainer of a random network of the named architecture and classes, and the network; each is made once."""
    made: dict[tuple[str, Classes], tuple[Explainer, keras.Model]] = {}

    def make(architecture: str, classes: Classes = POLARITY) -> tuple[Explainer, keras.Model]:
        if (architecture, classes) not in made:
            settings = config.replace(architecture=architecture, classes=classes)
            model = network(settings)
            folder = save_run(tmp_path_factory.mktemp("models") / "films" / architecture, model, settings)
            made[architecture, classes] = Explainer(load_run(folder)), model
        return made[architecture, classes]

    return make
