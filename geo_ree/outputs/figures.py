"""Figures of a ranking and of its distances."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geo_ree import storage
from geo_ree.errors import RenderError
from geo_ree.maps.style import MEASURES, score_colour
from geo_ree.outputs.notice import attribution_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INK, _QUIET, _RULE = "#1f2630", "#5c6673", "#e3e7ec"
_BAR = "#8fb6d3"
_WORDS = {"candidate": "candidates", "by_product_host": "by-product hosts"}
_FORMATS = ("png", "svg", "pdf")
_COLOURS = {  # Okabe and Ito (2008), safe for colour blindness; markers tell them apart as well
    "railway": ("#000000", "s"),
    "road": ("#e69f00", "o"),
    "power_line": ("#cc79a7", "v"),
    "power_plant": ("#d55e00", "^"),
    "settlement": ("#56b4e9", "D"),
    "gateway": ("#009e73", "P"),
    "water": ("#0072b2", "X"),
}


def plot_ranking(
    scores: Any, *, top: int = 20, role: str = "candidate", attribution: str = ""
) -> Figure:
    """Plot the best deposits: scores and ranks with their 90 % intervals.

    Parameters
    ----------
    scores
        Table with ``id, name, country, role, score, score_p5, score_p95, rank_in_role, rank_p5,
        rank_p95, not_separable_from``, or a result of `geo_ree.run`, whose table is taken.
    top
        Number of rows.
    role
        ``candidate`` or ``by_product_host``; the two have separate ranks.
    attribution
        Attribution printed under the figure; by default that of the result's sources.

    Returns
    -------
    matplotlib.figure.Figure
        Independent of pyplot: no window opens and nothing has to be closed.

    Raises
    ------
    RenderError
        If the table lacks a column or has no ranked row of this role.
    SettingsError
        If matplotlib is not installed.

    Examples
    --------
    >>> import geo_ree
    >>> result = geo_ree.run(geo_ree.Settings(), geo_ree.Options(draws=50))
    >>> len(plot_ranking(result, top=5).axes[0].get_yticklabels())
    5
    """
    columns = ("score_p5", "score_p95", "rank_p5", "rank_p95", "id", "not_separable_from")
    rows = _ranked(scores, role, columns, top)
    figure = _figure(0.30 * len(rows) + 1.9)
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.15, 1))
    at = np.arange(len(rows))
    for axes in (left, right):
        _draw_rows(axes, rows)
    colours = [score_colour(s) for s in rows["score"]]
    left.hlines(at, rows["score_p5"], rows["score_p95"], color=_BAR, linewidth=5)
    left.scatter(rows["score"], at, c=colours, edgecolors=_INK, linewidths=0.8, s=46, zorder=3)
    left.set_xlim(0, 100)
    left.set_xlabel("Infrastructure access score, of 100")
    right.hlines(
        at,
        rows["rank_p5"].astype(float) - 0.25,
        rows["rank_p95"].astype(float) + 0.25,
        color=_BAR,
        linewidth=5,
    )
    right.scatter(
        rows["rank_in_role"].astype(float), at, c=_INK, marker="|", s=90, linewidths=2, zorder=3
    )
    right.set_xlim(0.3, max(float(rows["rank_p95"].max()), len(rows)) + 0.7)
    right.set_xlabel("Rank")
    right.xaxis.get_major_locator().set_params(integer=True)
    _annotate(
        figure,
        f"The {len(rows)} best {_WORDS[role]}",
        "Bars: 90 % interval of the draws. A line: all above it can be told apart from all below it.",
        scores,
        attribution,
    )
    return figure


def plot_distances(
    scores: Any,
    *,
    measures: Sequence[str] = (),
    top: int = 20,
    role: str = "candidate",
    attribution: str = "",
) -> Figure:
    """Plot the distances of the best deposits to infrastructure, with their errors.

    Parameters
    ----------
    scores
        Table with ``name, country, role, score, rank_in_role`` and, for each measure,
        ``dist_<measure>_km`` and ``err_<measure>_km``, or a result of `geo_ree.run`.
    measures
        Any of railway, road, power_line, power_plant, settlement, gateway, water; by default all
        that are known of at least one row.
    top
        Number of rows.
    role
        ``candidate`` or ``by_product_host``.
    attribution
        Attribution printed under the figure; by default that of the result's sources.

    Returns
    -------
    matplotlib.figure.Figure
        Distances in km on a logarithmic scale from 0.5 km; shorter ones are drawn at 0.5 km.
        Unknown distances are not drawn; the note under the figure counts them.

    Raises
    ------
    RenderError
        If the table lacks a column or has no ranked row of this role.
    SettingsError
        If matplotlib is not installed.

    Examples
    --------
    >>> table = pd.DataFrame({"name": ["A"], "country": ["KGZ"], "role": ["candidate"],
    ...     "score": [50.0], "rank_in_role": [1], "dist_road_km": [3.0], "err_road_km": [2.0]})
    >>> figure = plot_distances(table, measures=["road"])
    >>> figure.axes[0].get_xlabel()
    'Straight line, km (logarithmic)'
    """
    columns = [c for m in measures for c in (f"dist_{m}_km", f"err_{m}_km")]
    rows = _ranked(scores, role, columns, top)
    wanted = list(measures) or [
        m for m in MEASURES if f"dist_{m}_km" in rows and rows[f"dist_{m}_km"].notna().any()
    ]
    if not wanted:
        raise RenderError(
            "no distance of these deposits is known", "fetch a source of infrastructure"
        )
    figure = _figure(0.34 * len(rows) + 2.1)
    axes = figure.subplots()
    _draw_rows(axes, rows)
    axes.set_xscale("log")
    for place, name in enumerate(wanted):
        _draw_measure(axes, rows, name, (place - (len(wanted) - 1) / 2) * 0.1)
    axes.set_xlim(0.5, None)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    axes.set_xlabel("Straight line, km (logarithmic)")
    axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=7, frameon=False, fontsize=8)
    unknown = {m: int(rows[f"dist_{m}_km"].isna().sum()) for m in wanted}
    gaps = ", ".join(f"{MEASURES[m][0]} of {n}" for m, n in unknown.items() if n)
    note = "Bars: error of the distance. Arrow: at most, a nearer feature may be missing. " + (
        f"Unknown, not drawn: {gaps}." if gaps else ""
    )
    _annotate(
        figure,
        f"Distance of the {len(rows)} best {_WORDS[role]} to infrastructure",
        note,
        scores,
        attribution,
    )
    return figure


def save_figure(figure: Figure, path: Path, *, dpi: int = 200) -> Path:
    """Save a figure as PNG, SVG or PDF, whole or not at all.

    Parameters
    ----------
    figure
        Any matplotlib figure.
    path
        File to write; its suffix is the format.
    dpi
        Dots per inch of a PNG.

    Returns
    -------
    pathlib.Path
        The path. The same figure gives the same bytes.

    Raises
    ------
    RenderError
        If the suffix is none of the three.
    SettingsError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> save_figure(new_figure(), Path(tempfile.mkdtemp()) / "empty.svg").suffix
    '.svg'
    """
    kind = path.suffix.lstrip(".").lower()
    if kind not in _FORMATS:
        raise RenderError(
            f"{path.name}: a figure cannot be saved as {kind or 'nothing'}",
            f"let the name end in .{', .'.join(_FORMATS)}",
        )
    from matplotlib import rc_context  # noqa: PLC0415

    undated: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind, {})
    with rc_context({"svg.hashsalt": "geo_ree"}), storage.atomic_path(path) as draft:
        figure.savefig(draft, dpi=dpi, metadata=undated)
    return path


def new_figure(**options: Any) -> Figure:
    """Make an empty figure that a notebook shows inline; options go to matplotlib's Figure."""
    from geo_ree.outputs.inline_figure import InlineFigure  # noqa: PLC0415  (matplotlib is slow)

    return InlineFigure(**options)


def _figure(height: float) -> Figure:
    return new_figure(figsize=(9.0, max(height, 2.8)), layout="constrained", facecolor="white")


def _ranked(scores: Any, role: str, columns: Sequence[str], top: int) -> pd.DataFrame:
    """Give the best rows, the best last: an axis counts from below."""
    table: pd.DataFrame = getattr(scores, "table", scores)
    needed = ["name", "country", "role", "score", "rank_in_role", *columns]
    missing = [c for c in needed if c not in table]
    if missing:
        raise RenderError(f"the table lacks {', '.join(missing)}", "give the table of a run")
    if role not in _WORDS:
        raise RenderError(
            f"deposits of the role {role!r} have no ranks", f"use {' or '.join(_WORDS)}"
        )
    rows = table[(table["role"] == role) & table["rank_in_role"].notna()]
    if rows.empty:
        raise RenderError(f"no {role.replace('_', ' ')} is ranked", "use other sources of deposits")
    best = pd.DataFrame(rows).sort_values("rank_in_role", kind="stable").head(top)
    return best.iloc[::-1].reset_index(drop=True)


def _draw_rows(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw names, a grid, and a line where all above can be told apart from all below."""
    # Fonts have no glyphs for control characters and direction marks.
    plain = ["".join(filter(str.isprintable, str(n)))[:48] for n in rows["name"]]
    names = [f"{n}  {c}" for n, c in zip(plain, rows["country"], strict=True)]
    axes.set_yticks(np.arange(len(rows)), names, fontsize=9, color=_INK, parse_math=False)
    axes.set_ylim(-0.7, len(rows) - 0.3)
    axes.grid(axis="x", color=_RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(which="both", length=0, labelcolor=_QUIET)
    axes.tick_params(axis="y", labelcolor=_INK)
    axes.xaxis.label.set_color(_QUIET)
    axes.xaxis.label.set_fontsize(9)
    for side in axes.spines.values():
        side.set_visible(False)
    for edge in _cuts(rows):
        axes.axhline(edge + 0.5, color="#9aa5b1", linewidth=0.8)


def _cuts(rows: pd.DataFrame) -> list[int]:
    """Rows, the best last, above which every deposit can be told apart from all at or below.

    A deposit that is not shown ranks below those that are.
    """
    if not {"id", "not_separable_from"} <= set(rows.columns):
        return []
    ids = rows["id"].tolist()
    lowest, out = len(rows), []
    for at in range(len(rows) - 1, 0, -1):
        joined = rows["not_separable_from"].iloc[at]
        if not isinstance(joined, str):
            break
        others = [ids.index(i) if i in ids else -1 for i in joined.split(";") if joined]
        lowest = min([lowest, at, *others])
        if lowest == at:
            out.append(at - 1)
    return out


def _draw_measure(axes: Axes, rows: pd.DataFrame, name: str, shift: float) -> None:
    far = rows[f"dist_{name}_km"].astype(float)
    error = rows.get(f"err_{name}_km", pd.Series(0.0, rows.index)).astype(float).fillna(0.0)
    known = far.notna()
    at = np.arange(len(rows))[known] + shift
    shown = far[known].clip(lower=0.5)
    low = (shown - (far - error)[known].clip(lower=0.5)).clip(lower=0.0)
    colour, marker = _COLOURS[name]
    axes.errorbar(
        shown,
        at,
        xerr=[low, error[known]],
        fmt=marker,
        color=colour,
        markersize=5,
        elinewidth=1.2,
        alpha=0.9,
        label=MEASURES[name][0],
    )
    limits = rows.get("upper_limits", pd.Series("", rows.index)).fillna("").astype(str)
    upper = limits.str.split(";").map(lambda names: name in names)[known].to_numpy(dtype=bool)
    ends = (shown - low).to_numpy()[upper]
    axes.plot(ends, at[upper], linestyle="", marker="<", markersize=4, color=colour, alpha=0.9)


def _annotate(figure: Figure, title: str, note: str, scores: Any, attribution: str) -> None:
    """Add title, note, run and attribution."""
    run = ""
    if hasattr(scores, "report"):
        report = scores.report
        attribution = attribution or attribution_of(pd.DataFrame(report["inputs"]))
        run = f"geo_ree {report['version']}, run {report['run_id']}. "
    figure.suptitle(title, fontsize=12, fontweight="bold", color=_INK, x=0.01, ha="left")
    sources = f"{run}Sources: {attribution}" if attribution else run
    foot = f"{textwrap.fill(note, 130)}\n{textwrap.fill(sources, 175)}".strip()
    figure.supxlabel(foot, fontsize=6.5, color=_QUIET, x=0.01, ha="left", parse_math=False)
