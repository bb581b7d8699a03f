"""What all commands refuse before they begin."""

from typing import Any

from typer.core import TyperCommand

from sentiment.errors import UserError

# Parameters that are paths, or strings that may be: addresses, too, and folders of runs.
PLACES = frozenset(
    [
        *("data", "train", "validation", "test", "source", "file", "dataset", "models", "target", "output", "png"),
        *("rejects", "beside", "from_pretrained", "tokens_file"),
    ]
)


class Command(TyperCommand):
    """A command that takes no empty path.

    `Path("")` is the current folder, and an empty string often a variable of a shell that is not set.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parses the command line.

        Raises:
            UserError: a path is empty.
        """
        typed, _, _ = self.make_parser(ctx).parse_args(list(args))
        for parameter in self.params:
            value = typed.get(parameter.name or "")
            if parameter.name in PLACES and isinstance(value, str) and not value.strip():
                name = parameter.opts[0]
                raise UserError(
                    f"expected a path or a name for {name if name.startswith('-') else name.upper()}; found an empty "
                    "one; name it, or . for this folder"
                )
        return super().parse_args(ctx, args)
