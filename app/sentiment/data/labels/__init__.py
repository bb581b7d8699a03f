"""Label columns: what their values mean. `interpret_labels` recognises a scheme, or takes what `LabelOptions` say.

`values` has one text for all spellings of a value, `schemes` what is recognised, `meaning` the options and refusals.
"""

from sentiment.data.labels.meaning import SCHEMES, LabelMeaning, LabelOptions, interpret_labels
from sentiment.data.labels.values import NO_LABEL, normal_value, with_counts

__all__ = ["NO_LABEL", "SCHEMES", "LabelMeaning", "LabelOptions", "interpret_labels", "normal_value", "with_counts"]
