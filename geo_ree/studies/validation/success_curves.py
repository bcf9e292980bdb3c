"""Success-rate curves: the share of the mines among the sites that score highest, and their figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.outputs.figures import new_figure
from geo_ree.scoring import success_rate
from geo_ree.studies.validation.cases import Cases

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GRID = np.linspace(0.0, 1.0, 101)
"""Shares of the sites at which success-rate curves are given."""

_TITLES = {
    "seven": "seven scored countries",
    "region": "region 40-120 E, 29-56 N",
    "world": "world",
}
_DPI = 110


def success_curves(cases: Cases, weighed: Floats | None) -> pd.DataFrame:
    """Curves on `GRID`; those of random weights only where no site was thinned out."""
    out = pd.DataFrame(
        {
            "share_of_sites": GRID,
            "preset": _on_grid(cases.preset, cases.mine),
            "population": _on_grid(cases.baseline("population"), cases.mine),
        }
    )
    if weighed is not None:
        random = np.stack([_on_grid(row, cases.mine) for row in weighed])
        for name, percentile in (("random_p5", 5), ("random_p50", 50), ("random_p95", 95)):
            out[name] = np.percentile(random, percentile, axis=0)
    return out


def _on_grid(scores: Floats, mine: NDArray[np.bool_]) -> Floats:
    curve = success_rate(scores, mine)
    return np.interp(GRID, curve["share_of_sites"], curve["share_of_positives"])


def draw_curves(curves: pd.DataFrame, whole: pd.DataFrame) -> Figure:
    """Draw the success-rate curves of one trial, a panel per scope.

    `whole` are the rows of the table of results for the trial and whole scopes, with their sizes.
    """
    scopes = list(dict.fromkeys(curves["scope"]))
    size = 3.5 * max(1, len(scopes)), 3.9
    figure = new_figure(figsize=size, dpi=_DPI, layout="constrained")
    for number, scope in enumerate(scopes, 1):
        axes = figure.add_subplot(1, len(scopes), number)
        _draw_panel(axes, curves[curves["scope"] == scope])
        sizes = whole[whole["scope"] == scope].iloc[0]
        axes.set_title(
            f"{_TITLES.get(scope, scope)}\n{sizes['mines']} mines, {sizes['others']} others",
            fontsize=9,
        )
        if number == 1:
            axes.set_ylabel("share of the mines among them", fontsize=8)
            axes.legend(fontsize=7, frameon=False, loc="lower right")
    return figure


def _draw_panel(axes: Any, curves: pd.DataFrame) -> None:
    x = curves["share_of_sites"]
    if "random_p5" in curves and bool(curves["random_p5"].notna().all()):
        axes.fill_between(
            x,
            curves["random_p5"],
            curves["random_p95"],
            color="0.85",
            linewidth=0,
            label="random weights, 5-95 %",
        )
    axes.plot([0, 1], [0, 1], color="0.5", linewidth=0.8, linestyle=":", label="chance")
    axes.plot(
        x,
        curves["population"],
        color="#d95f02",
        linewidth=1.4,
        linestyle="--",
        label="nearest settlement alone",
    )
    axes.plot(x, curves["preset"], color="#1b4f8f", linewidth=1.8, label="preset")
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axes.set_xlabel("share of all sites, highest score first", fontsize=8)
    axes.tick_params(labelsize=7)
