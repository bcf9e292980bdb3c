"""OpenStreetMap through Overpass: a box of at most one degree, in one request."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError, SchemaError
from geo_ree.fetching.answers import read_pages, write_pages
from geo_ree.fetching.protocol import Box, Payload, Request
from geo_ree.fetching.transport.download import Client
from geo_ree.reading.documents import DocumentError, ServiceError, parse_object
from geo_ree.reading.osm import is_pbf, read_osm
from geo_ree.reading.osm_elements import Selection, elements_of_json

MAX_SIDE_DEG = 1.0
"""Largest width and height of a box: the service is meant for small queries."""

MAX_ANSWER_BYTES = 600_000_000
"""A larger answer is refused; the queries limit the memory of the server with ``maxsize``."""

DEFAULT_TIMEOUT_S = 180
"""Seconds that Overpass spends on a query without ``[timeout:…]``."""

QUEUE_S = 30.0
"""Seconds that a query may wait in the queue before that."""

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_PLACE = "{bbox}"


def download_overpass(request: Request, client: Client) -> Payload:
    """Download the features in a box with one request to Overpass.

    ``reader.query.data`` is the query, with ``{bbox}`` where the box (south, west, north, east)
    belongs. Raises FetchError when the box is too large, or the service cannot answer or only
    answers in part.
    """
    source = request.source
    query = _query(source, request.box)
    # as long as the query lets the service think
    allowed = re.search(r"\[timeout:(\d+)\]", query)
    wait = (int(allowed[1]) if allowed else DEFAULT_TIMEOUT_S) + QUEUE_S
    settings = client.settings
    patient = replace(settings, read_timeout_s=max(settings.read_timeout_s, wait))
    with replace(client, settings=patient) as patient_client:
        body = patient_client.get(
            source.url,
            data=urlencode({"data": query}),
            headers={**_FORM, **source.reader.headers},
            most_bytes=MAX_ANSWER_BYTES,
        )
    try:
        _elements(body)
    except DocumentError as error:
        raise FetchError(
            f"{source.id}: {source.url}: {error.reason}; a partial answer is not kept",
            "try again later, or ask for a smaller --bbox",
        ) from error
    payload = request.folder / "pages.zip"
    write_pages(payload, {"page-00001.json": body})
    return Payload(path=payload, url=source.url, query=query)


def _query(source: Source, box: Box | None) -> str:
    template = source.reader.query.get("data", "")
    if _PLACE not in template:
        raise FetchError(
            f"{source.id}: the query has no place {_PLACE} for the box",
            "correct reader.query.data in the catalogue entry",
        )
    if box is None:
        raise FetchError(
            f"{source.id} is downloaded for part of the world only",
            "name it with --bbox WEST,SOUTH,EAST,NORTH",
        )
    west, south, east, north = box
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise FetchError(
            f"{source.id}: {west:g},{south:g},{east:g},{north:g} is not a box",
            "give --bbox WEST,SOUTH,EAST,NORTH in degrees",
        )
    if max(east - west, north - south) > MAX_SIDE_DEG + 1e-9:
        raise FetchError(
            f"{source.id}: the box is {east - west:g} by {north - south:g} degrees, Overpass "
            f"allows at most {MAX_SIDE_DEG:g} by {MAX_SIDE_DEG:g}",
            "give a smaller box, or fetch a whole country with geo-ree fetch osm_kazakhstan (or "
            "another of the osm entries)",
        )
    return template.replace(_PLACE, f"{south:.7g},{west:.7g},{north:.7g},{east:.7g}").strip()


def _elements(body: bytes) -> list[dict[str, Any]]:
    answer = parse_object(body)
    if answer.get("remark"):  # with status 200, after the elements found until then
        remark = " ".join(str(answer["remark"]).split())
        raise ServiceError(f"the service remarks {remark!r}")
    if not isinstance(answer.get("elements"), list):
        raise DocumentError("the answer has no elements")
    return list(answer["elements"])


def read_overpass(path: Path, source: Source) -> pd.DataFrame:
    """Read one table of an answer of Overpass, with the columns of `read_osm`.

    `path` is what `download_overpass` wrote, or a provided file: one answer in JSON, or a small
    .osm.pbf file. Raises SchemaError when it is damaged, partial or of another kind, or the
    entry is wrong.
    """
    hint = f"fetch it again with geo-ree fetch {source.id}"
    selection = Selection(source)
    pages = read_pages(path, source).pages
    if not pages:
        if is_pbf(path):
            return read_osm(path, source)
        raise SchemaError(
            f"{source.id}: {path.name} is neither an answer of Overpass nor an .osm.pbf file", hint
        )
    for name, body in pages:
        try:
            for element in elements_of_json(_elements(body), source, where=path.name):
                selection.add(element)
        except DocumentError as error:
            raise SchemaError(f"{source.id}: {name}: {error.reason}", hint) from error
    return selection.table(path)
