"""Fetch many sources at once into the data folder: one that fails does not affect the others."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd

from geo_ree.catalog import Source, load_catalog
from geo_ree.deposits import Normalized, normalize
from geo_ree.errors import FetchError, GeoReeError, SchemaError, SettingsError, describe_unexpected
from geo_ree.fetching import PROTOCOLS, fetch_snapshot, read
from geo_ree.fetching.protocol import Box
from geo_ree.fetching.retrieval import check_provided
from geo_ree.fetching.transport.masking import masked, secrets_of
from geo_ree.fetching.transport.session import check_mirror
from geo_ree.pipeline.layers import InputFile, check_ids, describe_input, starter_countries
from geo_ree.pipeline.world_borders import borders_of
from geo_ree.schema import RASTER_LAYERS
from geo_ree.settings import REGION, Options, Settings
from geo_ree.storage import data_lock

logger = logging.getLogger(__name__)

AT_ONCE = 4
"""Sources that are downloaded at the same time."""

GRACE_S = 3.0
"""Seconds that an interrupted call waits for downloads to clean up."""


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
        Size of the payload, and how long it took to download, read and check it.
    unchanged
        Whether the snapshot in the data folder was already the newest.
    error
        Why it failed; blank if it did not.
    """

    source_id: str
    tables: tuple[Mapping[str, Any], ...] = ()
    bytes: int = 0
    seconds: float = 0.0
    unchanged: bool = False
    error: str = ""


@dataclass(frozen=True, kw_only=True, repr=False)
class Fetched:
    """What one call of `fetch` did.

    Parameters
    ----------
    outcomes
        One for each source that was tried, in the order of the catalogue.
    not_tried
        Source id -> why a program does not fetch it.
    """

    outcomes: tuple[Outcome, ...]
    not_tried: Mapping[str, str] = field(default_factory=dict)

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The outcomes that have an error."""
        return tuple(o for o in self.outcomes if o.error)

    def __repr__(self) -> str:
        done = len(self.outcomes) - len(self.failed)
        return (
            f"<Fetched: {done} of {len(self.outcomes)} sources available, "
            f"{len(self.not_tried)} not tried>"
        )


def fetch(
    ids: str | Iterable[str] = (),
    *,
    settings: Settings | None = None,
    options: Options | None = None,
    file: str | Path | None = None,
    box: Box | None = None,
    on_start: Callable[[str, str], None] | None = None,
    on_bytes: Callable[[str, int, int | None], None] | None = None,
    on_finish: Callable[[Outcome], None] | None = None,
) -> Fetched:
    """Fetch sources into the data folder, and check that each can be read.

    Up to four sources are downloaded at once. One that fails does not affect the others: its
    outcome has the error. An interrupted download continues with the next call.

    Parameters
    ----------
    ids
        Catalogue ids; empty for every source that a program can fetch.
    settings
        Data folder, mirror, timeouts; by default ``Settings()``.
    options
        Of these, ``catalog`` and ``skip_bad_rows`` are used; by default ``Options()``.
    file
        A file that you provide for the one source named, instead of a download.
    box
        West, south, east and north limit in degrees, for sources that are fetched by area.
    on_start
        Called with the id of a source and its address, or the path of the file you provide.
    on_bytes
        Called with the id, the bytes received so far, and the bytes expected (None if unknown).
    on_finish
        Called with the outcome of a source. All three are called from the thread of the source.

    Returns
    -------
    Fetched
        The outcome of each source, and the sources that were not tried.

    Raises
    ------
    SettingsError
        If an id is not in the catalogue, `file` cannot be used or is given for no source or
        several, or the mirror is not a web address.
    KeyboardInterrupt
        If the user interrupts. Downloads under way end within `GRACE_S` seconds, unless they
        wait for a silent server: then the process should end.

    Examples
    --------
    >>> fetch("nowhere")
    Traceback (most recent call last):
    geo_ree.errors.SettingsError: no source is called 'nowhere'; geo-ree sources lists them
    """
    settings, options = settings or Settings(), options or Options()
    ids = (ids,) if isinstance(ids, str) else tuple(dict.fromkeys(ids))
    catalog = load_catalog(options.catalog)
    check_ids(ids, catalog)
    if file is not None and len(ids) != 1:
        raise SettingsError(
            f"--file provides one source, {len(ids) or 'none'} are named",
            "name the one source that the file belongs to",
        )
    check_mirror(settings)
    if ids:  # a source that is named is always tried
        chosen, not_tried = [catalog[i] for i in ids], dict[str, str]()
    else:
        chosen, not_tried = _fetchable(catalog, box)
    provided = None if file is None else Path(file)
    if provided is not None:
        check_provided(provided, chosen[0], settings)
    batch = _Batch(
        settings=settings,
        options=options,
        provided=provided,
        box=box,
        on_start=on_start or _ignore,
        on_bytes=on_bytes or _ignore,
        on_finish=on_finish or _ignore,
        countries=borders_of(box) if box else starter_countries(catalog),
    )
    with data_lock(settings):
        return Fetched(outcomes=batch.fetch_all(chosen), not_tried=not_tried)


def _ignore(*_: object) -> None:
    """Do nothing: the callback of whoever gave none."""


def _fetchable(
    catalog: Mapping[str, Source], box: Box | None
) -> tuple[list[Source], dict[str, str]]:
    """Separate the sources that a program can fetch from the others, with the reason."""
    chosen, not_tried = [], {}
    for source in catalog.values():
        if source.protocol == "starter":
            continue
        if not source.fetchable:
            not_tried[source.id] = f"{source.status}: {source.why}"
        elif PROTOCOLS[source.protocol].needs_box and box is None:
            not_tried[source.id] = "fetched by area only: give one with --bbox"
        else:
            chosen.append(source)
    return chosen, not_tried


@dataclass(frozen=True, kw_only=True)
class _Batch:
    """What all sources of one call share."""

    settings: Settings
    options: Options
    provided: Path | None
    box: Box | None
    on_start: Callable[[str, str], None]
    on_bytes: Callable[[str, int, int | None], None]
    on_finish: Callable[[Outcome], None]
    countries: gpd.GeoDataFrame
    reading: threading.Lock = field(default_factory=threading.Lock)
    interrupted: threading.Event = field(default_factory=threading.Event)

    def fetch_all(self, sources: Sequence[Source]) -> tuple[Outcome, ...]:
        """Fetch sources in threads, and end them soon when the user interrupts."""
        pool = ThreadPoolExecutor(AT_ONCE)
        futures: list[Future[Outcome]] = []
        try:
            futures += (pool.submit(self._outcome, source) for source in sources)
            for done in as_completed(futures):
                done.result()  # an interrupt and a lack of memory end the batch at once
        except BaseException:
            self.interrupted.set()
            pool.shutdown(wait=False, cancel_futures=True)
            wait([f for f in futures if not f.cancelled()], GRACE_S)
            raise
        pool.shutdown()
        return tuple(done.result() for done in futures)

    def _outcome(self, source: Source) -> Outcome:
        start = time.perf_counter()
        secrets = secrets_of(source, self.settings)
        self.on_start(source.id, masked(str(self.provided or source.url), secrets))
        try:
            found = self._fetch(source)
        except MemoryError:
            raise
        except Exception as error:
            if not isinstance(error, GeoReeError):
                logger.debug("%s", source.id, exc_info=True)
                what, hint = describe_unexpected(error)
                error = FetchError(f"{source.id}: {what}", hint)
            found = {"error": masked(" ".join(str(error).split()), secrets)}
        seconds = round(time.perf_counter() - start, 2)
        outcome = Outcome(source_id=source.id, seconds=seconds, **found)
        self.on_finish(outcome)
        return outcome

    def _fetch(self, source: Source) -> dict[str, Any]:
        """Fetch one source and normalize its tables: the fields of its outcome."""
        tables: list[tuple[Source, Normalized]] = []

        def check(path: Path) -> None:
            with self.reading:  # one at a time: memory stays that of one source
                self._stop_if_interrupted()
                tables.extend(self._normalized(source, path))

        def on_bytes(received: int, expected: int | None) -> None:
            self._stop_if_interrupted()
            self.on_bytes(source.id, received, expected)

        snapshot = fetch_snapshot(
            source,
            self.settings,
            check=check,
            provided=self.provided,
            box=self.box,
            on_bytes=on_bytes,
        )
        unchanged = not tables
        if unchanged:
            check(snapshot.payload)
        file = InputFile.from_snapshot(snapshot)
        return {
            "tables": tuple(describe_input(table, file, part) for table, part in tables),
            "bytes": snapshot.provenance.bytes,
            "unchanged": unchanged,
        }

    def _stop_if_interrupted(self) -> None:
        if self.interrupted.is_set():
            raise KeyboardInterrupt

    def _normalized(self, source: Source, path: Path) -> list[tuple[Source, Normalized]]:
        out = []
        for table in source.parts():
            raw = read(table, path)
            if table.layer in RASTER_LAYERS:
                impossible = int(raw["impossible"].sum())
                remark = f"raster with {impossible} impossible pixels, read as no data"
                part = Normalized(
                    frame=gpd.GeoDataFrame(),
                    layer=table.layer,
                    rows_read=len(raw),
                    kept=len(raw),
                    noted={remark: len(raw)} if impossible else {},
                )
            else:
                borders = None if table.layer == "countries" else self.countries
                skip = self.options.skip_bad_rows
                region = self.box or REGION
                part = normalize(raw, table, borders, skip_bad_rows=skip, region=region)
            out.append((table, part))
        if not any(part.rows_read for _, part in out):
            raise SchemaError(
                f"{source.id}: none of its tables has any rows",
                "look at the file; correct reader in the catalogue entry",
            )
        return out
