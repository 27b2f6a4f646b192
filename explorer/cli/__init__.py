"""The command line: it places words and tables, the workbench computes."""

from __future__ import annotations

import typer

from explorer.cli import ask, learn

app = typer.Typer(
    name="explorer",
    help="See why a retriever fails, teach it, and prove what changed. Without a command: the app on the bundled demo.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def demo(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        ask.open_app()


ask.register(app)
learn.register(app)
