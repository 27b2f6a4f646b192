"""The command line: it places words and tables, the workbench computes."""

from __future__ import annotations

import typer

from explorer.cli import ask, data, learn, measure, password, runs, serve


def commands(launch: serve.Launch, report: data.WriteReport) -> typer.Typer:
    """All commands; ``launch`` opens the app on a workbench, ``report`` writes a comparison as a page."""
    app = typer.Typer(
        name="explorer",
        help="See why a retriever fails, teach it, and prove what changed. Without a command: the app on the bundled demo.",
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    ask.register(app)
    data.register(app, report)
    learn.register(app)
    runs.register(app)
    measure.register(app)
    password.register(app)
    serve.register(app, launch)
    return app
