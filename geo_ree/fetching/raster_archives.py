"""Rasters that publishers pack into zip archives: unpacked once, so that windows of them can be read."""

from __future__ import annotations

from dataclasses import replace

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError
from geo_ree.fetching.protocol import Payload
from geo_ree.fetching.transport.download import ZIP_MAGIC
from geo_ree.reading.archives import Archive
from geo_ree.reading.tables import retry_hint

_SUFFIXES = (".tif", ".tiff")


def unpack_raster(payload: Payload, source: Source) -> Payload:
    """Put the raster of a zip archive in its place: the only GeoTIFF, or the member that is named.

    A payload that is no archive stays as it is.

    Raises
    ------
    SchemaError
        If the archive is damaged, or has no GeoTIFF or several.
    """
    with payload.path.open("rb") as stream:
        if not stream.read(4).startswith(ZIP_MAGIC):
            return payload
    hint = retry_hint(source)
    with Archive(payload.path, source_id=source.id, hint=hint) as archive:
        wanted = source.reader.member
        found = [n for n in archive.names if n.lower().endswith(_SUFFIXES)]
        if wanted:
            member = archive.find(wanted)
            if member is None:
                raise archive.missing(wanted)
        elif len(found) == 1:
            member = found[0]
        else:
            raise SchemaError(
                f"{source.id}: {archive.name} has {len(found)} GeoTIFFs, expected one",
                "name it in reader.member of the catalogue entry",
            )
        target = payload.path.with_name(member.rpartition("/")[2])
        if target == payload.path:
            raise SchemaError(f"{source.id}: {archive.name} has a member of its own name", hint)
        archive.extract(member, target)
    payload.path.unlink()
    query = "; ".join(filter(None, (payload.query, f"member {member}")))
    return replace(payload, path=target, query=query)
