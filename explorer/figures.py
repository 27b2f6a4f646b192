"""Plotly figures from plain records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import plotly.graph_objects as go

ACCENT, WARM, SOFT = "#0b6e99", "#b4530a", "#7d8b99"


def training_curve(curve: Sequence[Mapping[str, Any]], losses: Sequence[Mapping[str, Any]], measure: str) -> go.Figure:
    """Dev measure (left axis) and training loss (right axis) over steps; the best measurement is marked."""
    import plotly.graph_objects as go

    figure = go.Figure()
    figure.add_scatter(
        x=[e["step"] for e in losses],
        y=[e["loss"] for e in losses],
        name="loss",
        yaxis="y2",
        mode="lines",
        line={"color": SOFT, "width": 1, "dash": "dot"},
    )
    figure.add_scatter(
        x=[e["step"] for e in curve],
        y=[e["value"] for e in curve],
        name=f"dev {measure}",
        mode="lines+markers",
        line={"color": ACCENT, "width": 2.5},
    )
    if best := [e for e in curve if e["best"]]:
        figure.add_scatter(
            x=[best[-1]["step"]],
            y=[best[-1]["value"]],
            name="best, kept",
            mode="markers",
            marker={"color": WARM, "size": 13, "symbol": "diamond"},
        )
    if curve:
        figure.add_hline(curve[0]["value"], line={"color": SOFT, "width": 1, "dash": "dash"}, annotation_text="base")
    figure.update_layout(
        height=320,
        margin={"l": 56, "r": 56, "t": 12, "b": 40},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "y": 1.12},
        font={"color": SOFT},
        uirevision="same",
        xaxis={"title": "step", "rangemode": "tozero", "gridcolor": "rgba(125,139,153,.2)"},
        yaxis={"title": f"dev {measure}", "gridcolor": "rgba(125,139,153,.2)"},
        yaxis2={"title": "loss", "overlaying": "y", "side": "right", "showgrid": False},
    )
    return figure
