"""A saved run for others: `export_run` and `export_onnx` write other formats, `ship` a small copy with a model card.

Each name is imported when it is first used; most of them import Keras.
"""

from typing import TYPE_CHECKING

from sentiment.support.lazy import lazy_names

if TYPE_CHECKING:
    from sentiment.publishing.cards import encoder_card, run_card
    from sentiment.publishing.export import Reference, export_onnx, export_run, reference_predictions
    from sentiment.publishing.shipping import ship

__all__ = ["Reference", "encoder_card", "export_onnx", "export_run", "reference_predictions", "run_card", "ship"]
_CARDS, _EXPORT = f"{__name__}.cards", f"{__name__}.export"
__getattr__ = lazy_names(
    __name__,
    {
        "encoder_card": _CARDS, "run_card": _CARDS, "ship": f"{__name__}.shipping",
        "Reference": _EXPORT, "export_onnx": _EXPORT, "export_run": _EXPORT, "reference_predictions": _EXPORT,
    },
)  # fmt: skip
