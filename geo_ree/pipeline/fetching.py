"""Many sources at once into the data folder, each on its own: one that fails stops no other."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd

from geo_ree.catalog import Source, load_catalog
from geo_ree.deposits import Normalized, normalize
from geo_ree.errors import GeoReeError, SchemaError, SettingsError
from geo_ree.fetching import PROTOCOLS, fetch, read
from geo_ree.fetching.protocol import Box
from geo_ree.fetching.retrieval import check_handed
from geo_ree.fetching.session import check_mirror
from geo_ree.pipeline.layers import AtHand, account, check_ids, starter_countries
from geo_ree.schema import RASTER_LAYERS
from geo_ree.settings import Options, Settings
from geo_ree.storage import data_lock

logger = logging.getLogger(__name__)


AT_ONCE = 4
"""Downloads under way at one time."""

GRACE_S = 3.0
"""Seconds that an interrupted batch waits for what is under way to clear up behind itself."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one source.

    Parameters
    ----------
    source_id
        Its catalogue id.
    tables
        As ``inputs`` in ``run.json``, one for each table that was read.
    bytes, seconds
        Size of the payload, and how long it took to bring, open and check it.
    unchanged
        Whether the snapshot at hand was already the newest.
    error
        Why it failed; blank where it did not.
    """

    source_id: str
    tables: tuple[Mapping[str, Any], ...] = ()
    bytes: int = 0
    seconds: float = 0.0
    unchanged: bool = False
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Whom to tell of the progress; each is called from the thread of its source.

    Parameters
    ----------
    started
        With the id of a source, and the address that is asked or the file that is taken.
    received
        With the id, the bytes received so far, and the bytes expected (None when not known).
    finished
        With the outcome.
    """

    started: Callable[[str, str], None] = lambda source_id, url: None
    received: Callable[[str, int, int | None], None] = lambda source_id, now, of: None
    finished: Callable[[Outcome], None] = lambda outcome: None


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is to be fetched.

    Parameters
    ----------
    ids
        Catalogue ids; empty for every source that a program may fetch.
    provided
        A file of the one source named, to take in place of asking its publisher.
    box
        West, south, east, north in degrees, for sources that are fetched by parts.
    """

    ids: tuple[str, ...] = ()
    provided: Path | None = None
    box: Box | None = None


def fetch_sources(
    wanted: Wanted, settings: Settings, options: Options, watch: Watch | None = None
) -> tuple[list[Outcome], dict[str, str]]:
    """Fetch sources, up to four at once, and check that each can be normalized.

    Parameters
    ----------
    wanted
        Which ones.
    settings, options
        Where to, and how strict.
    watch
        Whom to tell of the progress.

    Returns
    -------
    outcomes : list of Outcome
        One for each source that was tried, in the order of the catalogue.
    not_tried : dict of str to str
        Source id -> why a program does not fetch it.

    Raises
    ------
    SettingsError
        When an id is not in the catalogue, a file is handed over for no or several sources, or
        is none, or the mirror is no web address.
    KeyboardInterrupt
        When the user breaks off. Downloads under way end within `GRACE_S` seconds, unless they
        wait for a server that is silent: the process had then better end.

    Examples
    --------
    >>> fetch_sources(Wanted(ids=("nowhere",)), Settings(), Options())
    Traceback (most recent call last):
    geo_ree.errors.SettingsError: no source is called 'nowhere'; geo-ree sources lists them
    """
    catalog = load_catalog(options.catalog)
    check_ids(wanted.ids, catalog)
    if wanted.provided is not None and len(wanted.ids) != 1:
        raise SettingsError(
            f"--file hands over one source, {len(wanted.ids) or 'no'} are named",
            "name the one source that the file is of",
        )
    check_mirror(settings)
    chosen, not_tried = _sift(catalog, wanted)
    if wanted.provided is not None:
        check_handed(wanted.provided, chosen[0], settings)
    job = _Job(wanted, settings, options, watch or Watch(), starter_countries(catalog))
    with data_lock(settings):
        return _all_done(job, chosen), not_tried


def _all_done(job: _Job, chosen: Sequence[Source]) -> list[Outcome]:
    pool = ThreadPoolExecutor(AT_ONCE)
    under_way: list[Future[Outcome]] = []
    try:
        under_way += (pool.submit(job.do, source) for source in chosen)
        for done in as_completed(under_way):
            done.result()  # a fault of ours ends the batch at once
    except BaseException:
        job.stop.set()
        pool.shutdown(wait=False, cancel_futures=True)
        wait([f for f in under_way if not f.cancelled()], GRACE_S)
        raise
    pool.shutdown()
    return [done.result() for done in under_way]


def _sift(catalog: Mapping[str, Source], wanted: Wanted) -> tuple[list[Source], dict[str, str]]:
    """Part what is tried from what is not; a source that is named is always tried."""
    if wanted.ids:
        return [catalog[i] for i in dict.fromkeys(wanted.ids)], {}
    chosen, not_tried = [], {}
    for source in catalog.values():
        if source.protocol == "starter":
            continue
        if not source.fetchable:
            not_tried[source.id] = f"{source.status}: {source.why}"
        elif PROTOCOLS[source.protocol].needs_box and wanted.box is None:
            not_tried[source.id] = "fetched for a part of the world only: name it with --bbox"
        else:
            chosen.append(source)
    return chosen, not_tried


@dataclass(frozen=True)
class _Job:
    """One batch: what all its sources share."""

    wanted: Wanted
    settings: Settings
    options: Options
    watch: Watch
    countries: gpd.GeoDataFrame
    reading: threading.Lock = field(default_factory=threading.Lock)
    stop: threading.Event = field(default_factory=threading.Event)

    def do(self, source: Source) -> Outcome:
        """Fetch one source and tell what became of it; only a fault of ours is raised."""
        start = time.perf_counter()
        self.watch.started(source.id, str(self.wanted.provided or source.url))
        try:
            outcome = self._fetched(source, start)
        except GeoReeError as error:
            line = " ".join(str(error).split())
            outcome = Outcome(source_id=source.id, error=line, seconds=_since(start))
        self.watch.finished(outcome)
        return outcome

    def _fetched(self, source: Source, start: float) -> Outcome:
        parts: list[tuple[Source, Normalized]] = []

        def check(path: Path) -> None:
            with self.reading:  # one at a time: memory stays that of one source
                self._go_on()
                parts.extend(self._normalized(source, path))

        def received(now: int, of: int | None) -> None:
            self._go_on()
            self.watch.received(source.id, now, of)

        snapshot = fetch(
            source,
            self.settings,
            check=check,
            provided=self.wanted.provided,
            box=self.wanted.box,
            on_bytes=received,
        )
        unchanged = not parts
        if unchanged:
            check(snapshot.payload)
        at_hand = AtHand.from_snapshot(snapshot)
        tables = tuple(account(table, at_hand, part) for table, part in parts)
        return Outcome(
            source_id=source.id,
            tables=tables,
            bytes=snapshot.provenance.bytes,
            seconds=_since(start),
            unchanged=unchanged,
        )

    def _go_on(self) -> None:
        if self.stop.is_set():
            raise KeyboardInterrupt

    def _normalized(self, source: Source, path: Path) -> list[tuple[Source, Normalized]]:
        out = []
        for table in source.parts():
            raw = read(table, path)
            if table.layer in RASTER_LAYERS:
                whole = Normalized(
                    frame=gpd.GeoDataFrame(), layer=table.layer, rows_read=len(raw), kept=len(raw)
                )
                out.append((table, whole))
                continue
            borders = None if table.layer == "countries" else self.countries
            out.append(
                (table, normalize(raw, table, borders, skip_bad_rows=self.options.skip_bad_rows))
            )
        if not any(part.rows_read for _, part in out):
            raise SchemaError(
                f"{source.id}: none of its tables has any rows",
                "look at the file; correct reader in the catalogue entry",
            )
        return out


def _since(start: float) -> float:
    return round(time.perf_counter() - start, 2)
