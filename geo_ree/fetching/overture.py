"""Overture Maps: a box cut from the newest release, GeoParquet in an open S3 bucket."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import shapely
from pyarrow import fs

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError, SchemaError
from geo_ree.fetching.protocol import Box, Payload, Request
from geo_ree.fetching.transport.download import Client
from geo_ree.reading.geoparquet import read_arrow
from geo_ree.reading.osm_elements import as_table
from geo_ree.reading.osm_states import state_value
from geo_ree.reading.osm_tags import Condition, wanted_tags

RELEASE = "{release}"
"""Stands in ``reader.query.path`` for the name of the release, which lives for 60 days."""

_COLUMNS = (
    "id",
    "geometry",
    "bbox",
    "subtype",
    "class",
    "subclass",
    "names",
    "rail_flags",
    "road_flags",
    "sources",
    "source_tags",
)
_STATES = {
    "is_under_construction": "construction",
    "is_disused": "disused",
    "is_abandoned": "abandoned",
}
_KEYS = ("railway", "highway", "power")
_OPTIONS = ("bucket", "path", "region", "subtypes")
_BATCH = 16_384
_GEO = {
    "version": "1.1.0",
    "primary_column": "geometry",
    "columns": {"geometry": {"encoding": "WKB", "geometry_types": []}},
}


def download_overture(request: Request, client: Client) -> Payload:
    """Cut a box from the newest release, as GeoParquet.

    Only the row groups that may touch the box are downloaded. The extract is kept, because a
    release disappears after 60 days. The entry's url is the catalogue of releases;
    ``reader.query`` has ``bucket``, ``path`` (with ``{release}``), ``region``, ``subtypes`` and
    perhaps ``endpoint``, the address of another S3 server.

    Arrow reads the bucket, not `client`, so a mirror or working offline is refused. Raises
    FetchError.
    """
    source = request.source
    options = _options(source)
    _check_network(client, source)
    if request.box is None:
        raise FetchError(
            f"{source.id} is downloaded for part of the world only",
            "name it with --bbox WEST,SOUTH,EAST,NORTH",
        )
    path = f"{options['bucket']}/{options['path'].replace(RELEASE, _newest(client, source))}"
    payload = request.folder / f"{source.id}.parquet"
    with _explained(f"{source.id}: s3://{path}"):
        remote = ds.dataset(path, filesystem=_bucket(options, client), format="parquet")
        rows = _cut(remote, payload, _condition(request.box, options), client)
    if not rows:
        raise FetchError(
            f"{source.id}: s3://{path} has nothing in the box", "give another or a larger --bbox"
        )
    west, south, east, north = request.box
    query = f"bbox {west:g},{south:g},{east:g},{north:g} subtype {options['subtypes']}"
    return Payload(path=payload, url=source.url, query=f"s3://{path} {query}")


def _options(source: Source) -> Mapping[str, str]:
    missing = [name for name in _OPTIONS if not source.reader.query.get(name)]
    if missing or RELEASE not in source.reader.query["path"]:
        raise FetchError(
            f"{source.id}: reader.query lacks {', '.join(missing) or RELEASE + ' in path'}",
            "correct the catalogue entry",
        )
    return source.reader.query


def _check_network(client: Client, source: Source) -> None:
    if client.settings.offline:
        raise FetchError(
            f"{source.id} is not requested, because geo_ree works offline",
            "leave out --offline, or provide an extract with --file",
        )
    if client.settings.mirror:
        raise FetchError(
            f"{source.id} comes from an S3 bucket, which a mirror cannot replace",
            "leave out --mirror, or provide an extract with --file",
        )


def _newest(client: Client, source: Source) -> str:
    catalog = client.get_json(source.url)
    release = catalog.get("latest") if isinstance(catalog, dict) else None
    if not isinstance(release, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}\.\d+", release):
        raise FetchError(
            f"{source.id}: {source.url}: latest is {release!r}, expected a release such as "
            "2026-01-21.0",
            "the publisher may have changed the catalogue: correct the entry",
        )
    return release


def _bucket(options: Mapping[str, str], client: Client) -> fs.S3FileSystem:
    scheme, _, host = options.get("endpoint", "").rpartition("://")
    return fs.S3FileSystem(
        anonymous=True,
        region=options["region"],
        scheme=scheme or "https",
        endpoint_override=host or None,
        connect_timeout=client.settings.connect_timeout_s,
        request_timeout=client.settings.read_timeout_s,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=4),
    )


def _condition(box: Box, options: Mapping[str, str]) -> ds.Expression:
    west, south, east, north = box
    return (
        (ds.field("bbox", "xmin") <= east)
        & (ds.field("bbox", "xmax") >= west)
        & (ds.field("bbox", "ymin") <= north)
        & (ds.field("bbox", "ymax") >= south)
        & ds.field("subtype").isin(options["subtypes"].split(","))
    )


def _cut(remote: ds.Dataset, payload: Path, condition: ds.Expression, client: Client) -> int:
    """Write the rows that meet the condition, batch by batch; give their number."""
    columns = [name for name in _COLUMNS if name in remote.schema.names]
    scanner = remote.scanner(columns=columns, filter=condition, batch_size=_BATCH)
    schema = scanner.projected_schema.with_metadata({"geo": json.dumps(_GEO)})
    most, rows = client.settings.max_download_bytes, 0
    with pq.ParquetWriter(payload, schema, compression="zstd") as writer:
        for batch in scanner.to_batches():
            writer.write_table(pa.Table.from_batches([batch]).cast(schema))
            rows += batch.num_rows
            size = payload.stat().st_size
            if size > most:
                raise FetchError(
                    f"{client.source_id}: the extract has {size} bytes or more, "
                    f"at most {most} are accepted",
                    "give a smaller --bbox, or raise Settings.max_download_bytes",
                )
            if client.on_bytes is not None:
                client.on_bytes(size, None)
    return rows


@contextmanager
def _explained(where: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise FetchError(
            f"{where} is not there", "the publisher may have moved it: correct the catalogue entry"
        ) from error
    except (OSError, pa.ArrowException) as error:
        line = " ".join(str(error).split())
        raise FetchError(f"{where}: {line}", "check the network, then fetch again") from error


def read_overture(path: Path, source: Source) -> pd.DataFrame:
    """Read one table of an extract of Overture Maps.

    Parameters
    ----------
    path
        What `download_overture` wrote, or a GeoParquet file in Overture's schema.
    source
        Its catalogue entry, or the view of it for one table; ``reader.where`` selects rows.

    Returns
    -------
    geopandas.GeoDataFrame
        ``osm_ref`` (Overture's id), the columns that the entry names, and the derived columns
        of `geo_ree.reading.osm_tags.with_derived`. A column is ``subtype``, ``class``,
        ``subclass``; ``name`` and ``name:en`` of ``names``; ``state`` (``construction``,
        ``disused`` or ``abandoned`` where a flag says so of the whole segment, else that of the
        tags) and
        ``class_or_state``; anything else is a key of ``source_tags``, the tags of
        OpenStreetMap. Areas are points on them where the canonical layer has no areas.

    Raises
    ------
    SchemaError
        When the file is damaged or not in Overture's schema.
    """
    hint = f"fetch it again with geo-ree fetch {source.id}"
    tags = wanted_tags(source)
    table = read_arrow(path, where=f"{source.id}: {path.name}", hint=hint)
    missing = [n for n in ("id", "geometry", "subtype", "class") if n not in table.column_names]
    if missing:
        raise SchemaError(
            f"{source.id}: {path.name} lacks the columns {', '.join(missing)}; it has: "
            f"{', '.join(table.column_names)}",
            f"{hint}; the publisher may have changed the schema",
        )
    try:
        rows = [_row(record, tags) for batch in table.to_batches() for record in batch.to_pylist()]
    except (AttributeError, TypeError, ValueError, shapely.GEOSException) as error:
        raise SchemaError(f"{source.id}: {path.name} is not in Overture's schema", hint) from error
    condition = Condition(source)
    return as_table([row for row in rows if condition.matches(row)], tags, path, source)


def _row(record: Mapping[str, Any], tags: tuple[str, ...]) -> dict[str, Any]:
    names = record.get("names") or {}
    flags = [*(record.get("rail_flags") or ()), *(record.get("road_flags") or ())]
    # a flag with a stretch (between) does not speak for the whole segment
    said = {v for flag in flags if not flag.get("between") for v in flag.get("values") or ()}
    mapped = dict(record.get("source_tags") or ())
    state = next((word for flag, word in _STATES.items() if flag in said), None)
    state = state or next(
        filter(None, (state_value(mapped, f"{key}_state") for key in _KEYS)), None
    )
    known = {
        **mapped,
        "name": names.get("primary"),
        "name:en": dict(names.get("common") or ()).get("en"),
        "subtype": record["subtype"],
        "class": record["class"],
        "subclass": record.get("subclass"),
        "state": state,
        "class_or_state": state or record["class"],
    }
    return {
        "osm_ref": record["id"],
        **{tag: known.get(tag) for tag in tags},
        "geometry": shapely.from_wkb(record["geometry"]),
    }
