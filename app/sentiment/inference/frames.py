"""Data frames of pandas with predictions: which column has the texts, and the columns that are added."""

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

from sentiment.config import Classes
from sentiment.data.files.recognition.columns import TEXT_NAMES, plain
from sentiment.data.files.rows import Names
from sentiment.errors import ConfigError
from sentiment.inference.prediction import Prediction
from sentiment.inference.prediction_columns import KINDS, cells_of, columns_of

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 10  # columns in a message
_CHOOSE = "say which one with column=..."


def text_column(frame: "pd.DataFrame", column: Hashable = None) -> "pd.Series":
    """The texts of a data frame.

    Args:
        frame: of pandas.
        column: its name; None: the only one with a usual name, else the only one of strings.

    Raises:
        TypeError: this is no data frame.
        ConfigError: there is no such column, or none or several fit.
    """
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        kind = type(frame).__name__
        advice = "convert it with .to_pandas()" if hasattr(frame, "to_pandas") else "give texts alone to predict(...)"
        raise TypeError(f"expected a data frame of pandas; received a {kind}; {advice}")
    names: list[Any] = list(frame.columns)
    if column is not None:
        if names.count(column) != 1:
            raise ConfigError(
                f"expected one column {column!r} in the data frame; found {names.count(column)}, among "
                f"{_listed(names)}; {'rename the others' if column in names else 'name another'}"
            )
        return frame[column]
    usual = {name for tier in TEXT_NAMES for name in tier}
    named = [position for position, name in enumerate(names) if plain(str(name)) in usual]
    strings = [position for position in range(len(names)) if pd.api.types.is_string_dtype(frame.iloc[:, position])]
    fitting = named or strings
    if len(fitting) == 1:
        return frame.iloc[:, fitting[0]]
    if fitting:
        both = " and ".join(repr(names[position]) for position in fitting[:_SHOWN])
        raise ConfigError(f"expected one column of texts in the data frame; found that {both} fit; {_CHOOSE}")
    raise ConfigError(
        f"expected a column of texts in the data frame, such as review or text; found {_listed(names)}; {_CHOOSE}"
    )


def with_predictions(frame: "pd.DataFrame", predictions: Sequence[Prediction], classes: Classes) -> "pd.DataFrame":
    """The data frame with the columns of prediction files but the text, which it has; a taken name is `input_...`.

    Args:
        frame: of pandas, n rows.
        predictions: n, in its order.
        classes: of the run.
    """
    import pandas as pd

    *added, _text = columns_of(classes)
    rows = [cells_of(prediction, "", classes)[:-1] for prediction in predictions]
    cells: dict[str, Any] = {name: [row[position] for row in rows] for position, name in enumerate(added)}
    types: dict[type, Any] = {str: "str", bool: "bool"}
    columns = {
        name: pd.Series(values, frame.index, types.get(KINDS.get(name, float), "float64"))
        for name, values in cells.items()
    }
    names = Names(added)
    names.keep(str(name) for name in frame.columns)
    kept = frame.set_axis([names.new(name) if name in added else name for name in frame.columns], axis=1)
    return pd.concat([kept, pd.DataFrame(columns, index=frame.index)], axis=1)


def _listed(names: Sequence[Hashable]) -> str:
    shown = ", ".join(str(name)[:30] for name in names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
    return f"the columns {shown}" if names else "no column"
