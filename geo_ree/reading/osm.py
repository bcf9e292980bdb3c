"""OpenStreetMap files (.osm.pbf), read by pyosmium.

libosmium checks every block and its checksum. Its index of nodes is a temporary file, so memory grows
only with the rows that are kept.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import osmium
import pandas as pd
from osmium.filter import IdFilter, KeyFilter
from osmium.index import create_map
from osmium.osm import NODE, RELATION, WAY, osm_entity_bits

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError, SettingsError
from geo_ree.reading.osm_elements import Corners, Element, Selection
from geo_ree.storage import scratch_folder

DISK_FACTOR = 4
"""Free space needed in the temporary folder, in sizes of the file."""

_MAKE_ROOM = "make room, or name another folder in the environment variable TMPDIR"
_START = b"OSMHeader"  # within the first bytes of every such file
_Relation = tuple[int, dict[str, str], list[tuple[str, int, str]]]
_WAY_LAYERS = {"lines", "multipolygons"}
_RELATION_LAYERS = {"multilinestrings", "multipolygons", "other_relations"}


def is_pbf(path: Path) -> bool:
    """Recognise an OpenStreetMap file by its first bytes."""
    with path.open("rb") as file:
        return _START in file.read(64)


def read_osm(path: Path, source: Source) -> pd.DataFrame:
    """Read one table of an OpenStreetMap file.

    Nodes, ways and relations of the kinds in ``reader.layer`` that meet ``reader.where``. Areas
    become a point on them where the canonical layer has no areas. Closed ways are lines where
    the entry asks for lines only.

    Parameters
    ----------
    path
        A file in the format of Geofabrik, in any order.
    source
        Its catalogue entry, or the view of it for one table.

    Returns
    -------
    geopandas.GeoDataFrame
        ``osm_ref`` (``way/123``), the tags that the entry names, and the derived columns of
        `geo_ree.reading.osm_tags.with_derived`.

    Raises
    ------
    SchemaError
        When the file is damaged or of another kind, the entry is wrong, or its only table has no
        rows.
    SettingsError
        When the temporary folder has too little room.
    """
    selection = Selection(source)
    hint = f"fetch it again with geo-ree fetch {source.id}"
    try:
        if not is_pbf(path):
            raise SchemaError(f"{source.id}: {path.name} is not a whole .osm.pbf file", hint)
    except OSError as error:
        raise SchemaError(f"{source.id}: {path} cannot be read ({error.strerror})", hint) from error
    with scratch_folder() as folder:
        _check_room(folder, DISK_FACTOR * path.stat().st_size, source)
        try:
            _Scan(path, selection, folder).run()
        except (RuntimeError, OSError, ValueError, osmium.InvalidLocationError) as error:
            line = " ".join(str(error).split())
            if "Not enough space" in line or "No space left" in line:
                raise SettingsError(
                    f"{source.id}: {folder} is full ({line})", _MAKE_ROOM
                ) from error
            raise SchemaError(
                f"{source.id}: {path.name} is not a whole .osm.pbf file ({line})", hint
            ) from error
    return selection.table(path)


def _check_room(folder: Path, needed: int, source: Source) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise SettingsError(
            f"{source.id}: {folder.parent} has {free / 1e6:.0f} MB free, and reading the file "
            f"may take {needed / 1e6:.0f} MB there",
            _MAKE_ROOM,
        )


class _Scan:
    """Passes through a file: relations, positions of nodes, tagged nodes, ways.

    One pass for each kind, so that the order of the file does not matter.
    """

    def __init__(self, path: Path, selection: Selection, folder: Path) -> None:
        # the format is stated: by its name a file could be of another, or a web address
        self.file = osmium.io.File(str(path.absolute()), "pbf")
        self.selection = selection
        self.places = create_map(f"sparse_file_array,{folder / 'nodes'}")
        self.on_ways = osmium.NodeLocationsForWays(self.places)
        self.on_ways.ignore_errors()
        keys = selection.condition.keys
        self.filters = [KeyFilter(*keys)] if keys and selection.condition.needs_tags else []

    def run(self) -> None:
        """Add the elements of the file to the selection."""
        layers, selection = {*self.selection.layers}, self.selection
        relations = self._relations() if layers & _RELATION_LAYERS else []
        if relations or layers & _WAY_LAYERS:
            self._place_nodes()
        if "points" in layers:
            for node in self._pass(NODE, *self.filters):
                place = (node.lon, node.lat)
                selection.add(
                    Element(kind="node", id=node.id, tags=dict(node.tags), points=[place])
                )
        if layers & _WAY_LAYERS:
            for way in self._pass(WAY, *self.filters, self.on_ways):
                tags = dict(way.tags)
                if selection.condition.matches(tags):
                    lines = [("", _corners(way))]
                    selection.add(Element(kind="way", id=way.id, tags=tags, lines=lines))
        self._add_relations(relations)

    def _relations(self) -> list[_Relation]:
        """Relations that meet the condition: id, tags, members as (type, id, role)."""
        found = []
        for relation in self._pass(RELATION, *self.filters):
            tags = dict(relation.tags)
            if self.selection.condition.matches(tags):
                members = [(m.type, m.ref, m.role) for m in relation.members]
                found.append((relation.id, tags, members))
        return found

    def _add_relations(self, relations: list[_Relation]) -> None:
        wanted = {ref for *_, members in relations for kind, ref, _ in members if kind == "w"}
        ways = {}
        if wanted:
            for way in self._pass(WAY, IdFilter(wanted), self.on_ways):
                ways[way.id] = _corners(way)
        for number, tags, members in relations:
            lines = [
                (role, ways[ref]) for kind, ref, role in members if kind == "w" and ref in ways
            ]
            nodes = [self._place(ref) for kind, ref, _ in members if kind == "n"]
            points = [place for place in nodes if place is not None]
            self.selection.add(
                Element(kind="relation", id=number, tags=tags, lines=lines, points=points)
            )

    def _pass(self, kind: osm_entity_bits, *handlers: Any) -> Iterator[Any]:
        with osmium.io.Reader(self.file, kind) as reader:
            yield from osmium.OsmFileIterator(reader, *handlers)

    def _place_nodes(self) -> None:
        with osmium.io.Reader(self.file, NODE) as reader:
            osmium.apply(reader, self.on_ways)
        next(self._pass(WAY, self.on_ways), None)  # the first way makes libosmium sort its index

    def _place(self, node: int) -> tuple[float, float] | None:
        try:
            place = self.places.get(node)
        except (KeyError, TypeError):  # not in the file; negative
            return None
        return place.lon, place.lat


def _corners(way: Any) -> Corners:
    """Places of the nodes of a way that are in the file."""
    corners = []
    for node in way.nodes:
        if node.location.valid():
            corners.append((node.location.lon, node.location.lat))
        elif node.ref < 0:
            raise ValueError("it has negative ids, which osmium renumber replaces")
    return corners
