"""Which figures a report has, and how each is to be read."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from sentiment.config import Classes
from sentiment.report.figures import curves
from sentiment.report.figures.appearance import title
from sentiment.report.figures.style import NARROW, WIDTH
from sentiment.report.figures.svg import sheet, svg
from sentiment.report.figures.training_time import accuracy_against_time
from sentiment.report.leaderboard import Model, originals
from sentiment.report.paired_tests import reference

LEARNING_CURVES = "Learning curves"  # how their headings begin
_CURVES = (
    "Accuracy and loss after each epoch, on training reviews (dashed) and on validation reviews (full). The ring marks "
    "the best epoch by validation, the one that was kept. One line for each seed."
)
_SOFT_LABELS = (
    " These learned their teachers' probabilities beside the labels, and such a probability is seldom 0 or 1. So their "
    "training loss cannot come near zero, and their training accuracy is the share of texts on which they agree with "
    "what they learned from."
)


@dataclass(frozen=True)
class Picture:
    """A figure, or one for each model, and the words around it."""

    name: str  # of the file, without its ending
    heading: str
    caption: str  # how to read it
    panels: tuple[str, ...]  # `svg` elements
    columns: int = 1  # of panels that a file has side by side
    narrow: str = ""  # in place of one wide panel on a narrow screen

    @property
    def file(self) -> str:
        """The panels as one SVG file."""
        return sheet(self.panels, self.columns)


def wide_and_narrow(name: str, heading: str, caption: str, draw: Callable[[float], Figure]) -> Picture:
    """A picture that is drawn twice.

    Args:
        name: as in `Picture`, and so are `heading` and `caption`.
        draw: draws the figure so many inches wide.
    """
    wide, narrow = (svg(draw(width), f"{name}-{width:g}") for width in (WIDTH, NARROW))
    return Picture(name, heading, caption, (wide,), narrow=narrow)


def _panels(name: str, heading: str, caption: str, figures: Sequence[Figure]) -> Picture:
    panels = tuple(svg(figure, f"{name}-{index}") for index, figure in enumerate(figures))
    return Picture(name, heading, caption, panels, columns=max(1, int(WIDTH / figures[0].get_figwidth())))


def draw(models: Sequence[Model]) -> list[Picture]:
    """All figures for these models, in reading order. Reduced copies of runs that are there are not drawn."""
    numbers = {id(model): number for number, model in enumerate(models, start=1)}
    models = originals(models)
    informative = _informative(models)
    pictures = []
    if timed := [model for model in informative if model.row.total_seconds is not None]:
        numbered = [numbers[id(model)] for model in timed]
        picture = wide_and_narrow(
            "accuracy", "Accuracy and training time", training_time_caption(models),
            lambda width: accuracy_against_time(timed, width, numbered if width < WIDTH else None),
        )  # fmt: skip
        pictures.append(picture)
    classes = models[0].shown.record.classes
    matrices = curves.confusion_matrices(informative)
    pictures.append(_panels("confusion", "Confusion matrices", _confusion(classes), matrices))
    diagrams = curves.reliability_diagrams(informative)
    pictures.append(_panels("reliability", "Reliability: does 80% mean 80%?", _reliability(classes), diagrams))
    if classes.is_binary and len(np.unique(models[0].shown.labels)) == 2:
        to_beat = reference(informative)
        caption = (
            "How many {1} reviews are found (up) for how many {0} ones taken for {1} (right), at every threshold. "
            "Nearer to the upper left is better; note where the axes begin and end."
        ).format(*classes.names) + (f" In grey, for comparison: {title(to_beat.row)}." if to_beat else "")
        pictures.append(_panels("roc", "ROC curves", caption, curves.roc(informative, to_beat)))
    return pictures + _learning_curves(models)


def _reliability(classes: Classes) -> str:
    """How to read the diagrams of `curves.reliability_diagram`."""
    parts = (
        f"Share of {classes.names[1]} reviews (points) among those that got about the same probability of it"
        if classes.is_binary
        else "Share of correct predictions (points) among those that got about the same probability"
    )
    return (
        f"{parts}, where they are {curves.ENOUGH} or more; on the grey line, both are equal. Bars: share of all "
        "reviews with that probability."
    )


def _confusion(classes: Classes) -> str:
    """How to read the matrices of `curves.confusion_matrices`."""
    text = (
        "Number of test reviews and, below it, the share of their true class."
        if len(classes) <= curves.COUNTED
        else "The share of the test reviews of a true class, in percent, that were predicted as each class."
    )
    if classes.is_binary:
        return f"{text} Mistakes are the two cells off the diagonal."
    return f"{text} Mistakes are off the diagonal" + (", the larger the further." if classes.is_graded else ".")


def _learning_curves(models: Sequence[Model]) -> list[Picture]:
    """A picture for each family of networks."""
    networks = [model for model in models if any(result.history is not None for result in model.results)]
    families = list(dict.fromkeys(model.family for model in networks))
    pictures = []
    for index, family in enumerate(families):
        preset, dtype, pretrained, teachers, _ = family
        words = [word for word in (preset, dtype, pretrained, f"distilled from {teachers}" if teachers else "") if word]
        if namesakes := [other[:4] for other in families[:index]].count(family[:4]):  # they differ in settings alone
            words.append(str(namesakes + 1))
        name = re.sub(r"[^a-z0-9._-]+", "-", "-".join(["learning-curves", *words]).lower())
        heading = LEARNING_CURVES + (f": {', '.join(words)}" if len(families) > 1 else "")
        figures = curves.learning_curves([model for model in networks if model.family == family])
        pictures.append(_panels(name, heading, _CURVES + (_SOFT_LABELS if teachers else ""), figures))
    return pictures


def training_time_caption(models: Sequence[Model]) -> str:
    """How to read the first figure, without sentences that do not apply to these models."""
    drawn = _informative(models)
    constant = [title(model.row) for model in models if model not in drawn]
    text = (
        "Share of the test reviews classified correctly, with its 95% interval, against the time of training. The grey "
        "steps show the highest accuracy that was reached in that time or less. "
    )
    if any(model.row.built_from_seconds != 0 for model in drawn):
        text += (
            "The time is that of everything a model is built from: the pretraining of its encoder, the training of its "
            "teachers and of the members of an ensemble, and the predictions of teachers; what they share counts once. "
        )
    unknown = [title(model.row) for model in drawn if model.row.total_seconds is None]
    if unknown:
        text += f"Not drawn, as the time of what they are built from was not recorded: {', '.join(unknown)}. "
    if constant:
        text += f"Not drawn, as they give every review the same probability: {', '.join(constant)}."
    return text.strip()


def _informative(models: Sequence[Model]) -> list[Model]:
    """Without constant classifiers, which have no curve. All, if there are no others."""
    return [model for model in models if not model.shown.is_constant] or list(models)
