"""Commands for what answers: `serve`, over HTTP; and `use`, which chooses the default run."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from sentiment.cli.console import out, print_json
from sentiment.cli.options import (
    MODELS,
    EngineOption,
    JsonOption,
    ModelsOption,
    ThreadsOption,
    notice,
    require_no_threads_for_keras,
)
from sentiment.errors import RunError, UserError


def serve(
    run: Annotated[
        list[str] | None,
        typer.Option(
            "--run",
            help="A run to serve: dataset/name, or name. Repeatable; the first is the default run. "
            "Default: all runs, and the default run that `sentiment use` shows.",
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on. Any but a loopback address lets other machines in.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on. 0: any free port.")] = 8000,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="Accept this host name in requests, beside loopback. Repeatable.")
    ] = None,
    tokens_file: Annotated[
        Path | None,
        typer.Option(
            help="File of tokens, one a line, of which every request needs one. $SENTIMENT_TOKENS may hold some, too.",
            show_default=False,
        ),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(help="Let pages of this origin read answers (CORS), such as https://app.example. Repeatable."),
    ] = None,
    engine: EngineOption = "onnx",
    threads: ThreadsOption = None,
    queue: Annotated[int, typer.Option(min=1, help="Texts that may wait; a request beyond that gets 503.")] = 256,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds for one response.")] = 30.0,
    drain: Annotated[int, typer.Option(min=0, help="Seconds to finish open requests when stopped.")] = 30,
    models: ModelsOption = MODELS,
) -> None:
    """Serve saved runs over HTTP, with a page for people, until stopped."""
    from sentiment.server import ServerSettings
    from sentiment.server import serve as serve_until_stopped
    from sentiment.server.access import VARIABLE, read_tokens

    require_no_threads_for_keras(engine, threads)
    settings = ServerSettings(
        host=host, port=port, allowed_hosts=tuple(allow_host or ()),
        tokens=read_tokens(os.environ.get(VARIABLE), tokens_file), allowed_origins=tuple(allow_origin or ()),
        runs=tuple(run or ()), engine=engine,
        threads=threads, queue=queue, timeout_seconds=timeout, drain_seconds=drain,
    )  # fmt: skip
    serve_until_stopped(models, settings)


def use(
    run: Annotated[
        str | None,
        typer.Argument(
            help="A saved run: its folder, dataset/name, or name. Without it: show the default run, and why it is.",
            show_default=False,
        ),
    ] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Forget the choice: the shipped run is the default.")] = False,
    models: ModelsOption = MODELS,
    as_json: JsonOption = False,
) -> None:
    """Choose the default run, which answers where no run is named.

    Training never changes it. A running service follows the choice.
    """
    from sentiment.runs.default_run import forget_choice
    from sentiment.runs.saved_run import find_default, use_run

    if run is not None and reset:
        raise UserError(f"expected a run or --reset; found --reset and {run}; give one of them")
    before = None
    if run is not None or reset:
        try:
            before = find_default(models).name
        except RunError:  # there was no default, or it is gone
            before = "none"
    if run is not None:
        use_run(models, run)
    elif reset:
        forget_choice(models)
        try:
            find_default(models)
        except RunError as error:
            notice(f"no run is chosen any more. {error}")
            if as_json:
                print_json(json.dumps({"run": None, "reason": None}))
            return
    default = find_default(models)
    if as_json:
        print_json(json.dumps({"run": default.name, "reason": default.reason}))
        return
    answered_before = f" (before: {before})" if before and before != default.name else ""
    out.print(f"{default.name} answers where no run is named: {default.why}{answered_before}", soft_wrap=True)
