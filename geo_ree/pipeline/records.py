"""The four records that carry a run: `Layers`, `Measures`, `Scores` and `Result`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from geo_ree.settings import REGION, Box

if TYPE_CHECKING:  # a stored run is read without what computes one
    import geopandas as gpd

    from geo_ree.catalog import Source
    from geo_ree.deposits import Located, Merged
    from geo_ree.maps import MapLayer
    from geo_ree.proximity import MissingLines, Target, TargetIndex
    from geo_ree.scoring import Explanation, Influence, ScoreModel

_FRAME_PX = 700

_NOWHERE = "none"
"""Coverage of a source whose missing features say nothing anywhere."""


@dataclass(frozen=True, kw_only=True)
class Layers:
    """What came in: canonical layers, with an account of every table that was read.

    Parameters
    ----------
    frames
        Canonical layers by name. ``deposits`` has a row a record before `resolve_deposits`, and a
        row a deposit after it.
    sources
        The catalogue entries behind them, by id.
    inputs
        A row a table: where it came from and what became of its rows, as in ``run.json``.
    merged, located
        How records became deposits, and how their positions were chosen; None before that.
    region
        West, south, east and north limit (degrees) of what was kept of the sources.
    boxes
        Id of a source that was fetched by area -> its box.
    own_columns
        Columns of sites that the user provided: name in ``frames["deposits"]`` -> name in the outputs.
    """

    frames: Mapping[str, gpd.GeoDataFrame]
    sources: Mapping[str, Source]
    inputs: list[dict[str, Any]]
    merged: Merged | None = None
    located: Located | None = None
    region: Box = REGION
    boxes: Mapping[str, Box] = field(default_factory=dict)
    own_columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def coverage(self) -> dict[str, frozenset[str]]:
        """Layer -> countries that its sources cover by name: a missing feature means something there."""
        out: dict[str, frozenset[str]] = {}
        for table in self._tables():
            named = frozenset(table.coverage) - {_NOWHERE}
            out[table.layer] = out.get(table.layer, frozenset()) | named
        return out

    @property
    def regions(self) -> dict[str, tuple[Box, ...]]:
        """Layer -> boxes that its sources cover."""
        out: dict[str, tuple[Box, ...]] = {}
        for table in self._tables():
            box = self.boxes.get(table.id)
            if not table.coverage:
                box = REGION if table.protocol == "starter" else self.region
            known = out.get(table.layer, ())
            out[table.layer] = known if box is None or box in known else (*known, box)
        return out

    def _tables(self) -> list[Source]:
        return [table for source in self.sources.values() for table in source.parts()]

    @property
    def labels(self) -> dict[str, str]:
        """Source id -> words for people."""
        return {source_id: source.label for source_id, source in self.sources.items()}

    def __repr__(self) -> str:
        rows = ", ".join(f"{name} {len(frame)}" for name, frame in self.frames.items())
        return f"Layers({rows}; {len(self.sources)} sources)"


@dataclass(frozen=True, kw_only=True)
class Measures:
    """What was measured of the deposits.

    Parameters
    ----------
    table
        A row per deposit of a scored role with a coordinate, on its id: the deposit's columns,
        distances, nearest features and terrain.
    targets
        The targets by name, with the chosen gateways.
    proximity
        The layers, indexed for further measuring.
    omission_rates
        Target -> what each source of its layer omits; see `geo_ree.proximity.omission_rates`.
    missing
        The model of lines that no source has.
    areas
        On the id of each ranked deposit without a coordinate: the area where it may be.
    corridors
        Routes of the ranked deposits as published, see `geo_ree.find_corridors`: any, and those of
        the default question.
    access
        What access costs them, as published; see `geo_ree.access_cost`.
    """

    table: gpd.GeoDataFrame
    targets: Mapping[str, Target]
    proximity: TargetIndex
    omission_rates: Mapping[str, pd.DataFrame]
    missing: MissingLines
    areas: gpd.GeoDataFrame
    corridors: gpd.GeoDataFrame
    access: pd.DataFrame

    @cached_property
    def omission(self) -> pd.DataFrame:
        """The omission rates as one table, with ``target`` and ``layer``."""
        parts = [
            rates.assign(target=name, layer=self.targets[name].layer)
            for name, rates in self.omission_rates.items()
        ]
        if not parts:
            return pd.DataFrame(columns=["target", "layer"])
        out = pd.concat(parts, ignore_index=True)
        return out[["target", "layer", *(c for c in out.columns if c not in ("target", "layer"))]]

    def __repr__(self) -> str:
        return f"Measures({len(self.table)} deposits, targets {', '.join(self.targets)})"


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What scoring gave.

    Parameters
    ----------
    table
        The table of `Measures` with points, score, ranks, intervals and, for ranked deposits, a
        ``sentence``.
    model
        The model, its set of weights in force.
    models
        The model and the other presets as plain values, so that the page can score by them.
    gateways
        Rank and score of each candidate under other choices of gateway.
    pairwise
        The chance of the order of each pair of ranked deposits of a role: ``a, b, p_a_above_b``.
    acceptability
        Share of the draws in which a ranked deposit takes each rank of its role.
    central_weights
        Deposits by criteria: mean weights of the draws in which a deposit leads; NaN where it
        never does.
    influence
        Which assumption moves the ranking of the candidates most, and what changes the leader;
        None with fewer than two candidates.
    unplaced
        On the ids of ranked deposits without a coordinate: the range of their scores, see
        `geo_ree.pipeline.unplaced.RANGE_COLUMNS`.
    warnings
        What a reader has to know of this run.
    """

    table: gpd.GeoDataFrame
    model: ScoreModel
    models: list[dict[str, Any]]
    gateways: pd.DataFrame
    pairwise: pd.DataFrame
    acceptability: pd.DataFrame
    central_weights: pd.DataFrame
    influence: Influence | None
    unplaced: pd.DataFrame
    warnings: list[str]

    @property
    def preset(self) -> str:
        """Name of the preset and of its set of weights."""
        return f"{self.model.name} ({self.model.variant})"

    @property
    def criteria(self) -> pd.DataFrame:
        """The criteria with their weights, decays, reasons and sources, a row each."""
        from geo_ree.scoring.criteria_table import criteria_table

        return criteria_table(self.model)

    def __repr__(self) -> str:
        ranked = int(self.table["rank_in_role"].notna().sum())
        return f"Scores({len(self.table)} deposits, {ranked} ranked by {self.preset})"


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a run gives back.

    Parameters
    ----------
    layers
        What came in, with its account.
    measures
        What was measured of the deposits.
    scores
        Points, ranks and their uncertainty.
    tables
        Every table of the run by name, see `geo_ree.pipeline.run_tables.run_tables`.
    report
        What ``run.json`` says.
    """

    layers: Layers
    measures: Measures
    scores: Scores
    tables: Mapping[str, pd.DataFrame]
    report: Mapping[str, Any]

    @property
    def table(self) -> gpd.GeoDataFrame:
        """The scored deposits, sorted by role and rank: ``scores.csv`` with points."""
        return self.tables["scores"]

    @property
    def unranked(self) -> pd.DataFrame:
        """Candidates and hosts without a coordinate, with the range of their scores.

        ``score_worst``, ``score_median``, ``score_best``, ``rank_best``, ``rank_worst``, ``p_lead``,
        ``area_basis`` and ``area_km2`` are blank where nothing is known.
        """
        return self.tables["unranked"]

    @property
    def statements(self) -> pd.DataFrame:
        """Published statements of quantity, a row each, never added up."""
        return self.tables["resources"]

    @property
    def corridors(self) -> gpd.GeoDataFrame:
        """Routes of the ranked deposits, see `geo_ree.find_corridors`: ``corridors.csv``."""
        return self.measures.corridors

    @property
    def access(self) -> pd.DataFrame:
        """What access costs the ranked deposits, see `geo_ree.access_cost`: ``access.csv``."""
        return self.measures.access

    def explain(self, deposit: str, model: ScoreModel | None = None) -> Explanation:
        """Explain the score of one deposit, and what would change it.

        Parameters
        ----------
        deposit
            Its id, or a name or alias in any case; see `geo_ree.explain`.
        model
            Another model scores the measured table again, without intervals; by default the model
            of the run.

        Raises
        ------
        SettingsError
            When no deposit has the name, or no source gives it a coordinate.

        Examples
        --------
        >>> from geo_ree import Options, run
        >>> result = run(options=Options(draws=50))
        >>> result.explain("kundybai").sentence.split(" scores ")[0]
        'Kundybai'
        """
        from geo_ree.routing.site_access import reconcile
        from geo_ree.schema.deposit_lookup import find_deposit
        from geo_ree.scoring import explain

        table = self.scores.table
        place = find_deposit(deposit, table, self.unranked)
        note = reconcile(self.access).get(str(table["id"].iloc[place]), "")
        if model is not None and model != self.scores.model:
            from geo_ree.pipeline.deposit_scores import rescore

            table, model = rescore(table, model)
        found = explain(table.index[place], table, model or self.scores.model)
        return replace(found, note=" ".join(words for words in (note, found.note) if words))

    def to_html(self, *, picture: MapLayer | None = None, since: Sequence[str] = ()) -> str:
        """Render the page of the run: one HTML text that opens offline.

        Parameters
        ----------
        picture
            A raster of scores from `geo_ree.maps.score_picture`, drawn as a layer of its own.
        since
            What changed since an earlier run: the sentences of `geo_ree.compare`.
        """
        from geo_ree import maps
        from geo_ree.pipeline.commercial import passed_on
        from geo_ree.pipeline.deposit_routes import terms_for_page

        shares = {
            "acceptability": self.scores.acceptability,
            "central_weights": self.scores.central_weights,
        }
        return maps.render(
            {**self.tables, **shares},
            layers=passed_on(self.layers.frames, self.layers.sources),
            models=self.scores.models,
            report={**self.report, "since": list(since)},
            picture=picture,
            access_terms=terms_for_page(self.measures, self.layers, self.report["seed"]),
        )

    def write(self, folder: Path, *, page: bool = True) -> None:
        """Write the tables, ``run.json`` and, unless `page` is false, ``map.html``: all or none."""
        from geo_ree import storage
        from geo_ree.outputs.table_files import write_report, write_tables

        with storage.atomic_files(folder) as draft:
            write_tables(self.tables, draft)
            if page:
                (draft / "map.html").write_text(self.to_html(), encoding="utf-8")
            write_report(self.report, draft)

    def __repr__(self) -> str:
        return (
            f"Result(run {self.report['run_id']}: {self.report['ranked']} of "
            f"{self.report['candidates']} candidates ranked, {len(self.table)} deposits scored)"
        )

    def _repr_html_(self) -> str:
        from geo_ree import maps

        return maps.InlinePage(html=self.to_html(), height_px=_FRAME_PX)._repr_html_()
