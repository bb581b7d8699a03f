"""Label columns: what their values mean. `interpret_labels` recognises a scheme, or takes what `LabelOptions` say.

`values` has one text for all spellings of a value, `scales` words and faces in an order, `schemes` what is recognised,
`meaning` the options and refusals, `learnt` what labels meant to a saved run.
"""

from sentiment.data.labels.learnt import LearntLabels, interpret_as_learnt
from sentiment.data.labels.meaning import SCHEMES, LabelMeaning, LabelOptions, interpret_counts, interpret_labels
from sentiment.data.labels.values import NO_LABEL, normal_value, with_counts

__all__ = [
    "NO_LABEL",
    "SCHEMES",
    "LabelMeaning",
    "LabelOptions",
    "LearntLabels",
    "interpret_as_learnt",
    "interpret_counts",
    "interpret_labels",
    "normal_value",
    "with_counts",
]
