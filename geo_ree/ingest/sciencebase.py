"""Items of USGS's ScienceBase, of each the one file that is wanted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from geo_ree.errors import FetchError
from geo_ree.ingest.http import ZIP_MAGIC, Client, Download
from geo_ree.ingest.pages import write_pages
from geo_ree.ingest.protocol import Arrival, Order
from geo_ree.ingest.sciencebase_item import Item, Listed, find_item
from geo_ree.ingest.shapefile import PARTS

_ZIPPED = (".zip", ".xlsx", ".kmz")


def bring_item(order: Order, client: Client) -> Arrival:
    """Bring one file of an item of ScienceBase, or all parts of one shapefile.

    The item is told by ``reader.item``, or by its exact title, ``reader.title``; the file by its
    name, or a pattern that fits one name, in ``reader.file``. The address of a file changes with
    each edition and is always asked for anew.

    Parameters
    ----------
    order
        The entry, whose url is that of the item or of the catalogue's items, and the folder.
    client
        Makes the requests; files on other than its hosts are refused.

    Returns
    -------
    Arrival
        The file under its own name; a shapefile that the item keeps in parts as a zip of them.

    Raises
    ------
    FetchError
        When no item or several bear the title, the item has no such file, or the file is not
        the one that the item describes.
    """
    source = order.source
    item = find_item(source, client)
    wanted = _chosen(item, source.reader.file)
    if wanted.name.lower().endswith(".shp"):
        return _bring_shapefile(wanted, item, order, client)
    payload = order.folder / PurePosixPath(wanted.name).name
    came = _bring(wanted, payload, item, client, order)
    return Arrival(payload=payload, url=wanted.url, query=_query(item, [wanted]), etag=came.etag,
                   last_modified=came.last_modified, unchanged=came.unchanged)  # fmt: skip


def _chosen(item: Item, wanted: str) -> Listed:
    """Give the one file that has the name, or that the pattern fits."""
    fits = [f for f in item.files if f.name == wanted] or [
        f for f in item.files if fnmatch(f.name.casefold(), (wanted or "*").casefold())
    ]
    if len({(f.name, f.url) for f in fits}) == 1:
        return fits[0]
    names = ", ".join(dict.fromkeys(repr(f.name) for f in item.files))
    links = f"; its links lead to {', '.join(item.links[:5])}" if item.links else ""
    has = f"it has {names}" if names else f"it has no files{links}"
    many = f"{len(fits)} files that are" if fits else "no file"
    raise FetchError(
        f"{item.where}: the item has {many} called {wanted or '*'!r}; {has}",
        "correct reader.file in the catalogue entry",
    )


def _query(item: Item, files: Sequence[Listed]) -> str:
    return f"item {item.id} ({item.title}), {', '.join(f.name for f in files)}"


def _bring(
    file: Listed, target: Path, item: Item, client: Client, order: Order | None = None
) -> Download:  # fmt: skip
    by_hand = f"download {file.name} in a browser at {item.page}, then geo-ree fetch "
    by_hand += f"{item.source_id} --file PATH"
    if not file.url.startswith("https://"):
        raise FetchError(f"{item.where}: {file.name} has no address ({file.url!r})", by_hand)
    client.allow(file.url)
    magic = ZIP_MAGIC if file.name.lower().endswith(_ZIPPED) else ()
    try:
        came = client.download(
            file.url, target, magic=magic, etag=order.etag if order else "",
            last_modified=order.last_modified if order else "",
        )  # fmt: skip
    except FetchError as error:
        if "web page (HTML)" not in error.what:
            raise
        # files in USGS's cloud are given to a browser only, after a page with a button
        raise FetchError(error.what, by_hand) from error
    if came.unchanged:
        return came
    if file.size is not None and came.bytes != file.size:
        raise FetchError(
            f"{item.where}: {file.name} has {came.bytes} bytes, the item says {file.size}",
            f"fetch again later, or {by_hand}",
        )
    if file.md5 and _md5(target) != file.md5:
        raise FetchError(
            f"{item.where}: {file.name} has another MD5 than the item says ({file.md5})",
            f"fetch again later, or {by_hand}",
        )
    return came


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _bring_shapefile(main: Listed, item: Item, order: Order, client: Client) -> Arrival:
    stem = PurePosixPath(main.name).stem
    parts: dict[str, Listed] = {}
    for file in item.files:
        name = PurePosixPath(file.name)
        suffix = name.suffix.lower()
        beside = file.group == main.group and name.stem.casefold() == stem.casefold()
        if beside and suffix in PARTS:
            parts.setdefault(suffix, file)
    missing = [s for s in PARTS[:-1] if s not in parts]
    if missing:
        raise FetchError(
            f"{item.where}: the shapefile {main.name} lacks {', '.join(missing)}; the item has "
            f"{', '.join(repr(f.name) for f in item.files)}",
            "correct reader.file in the catalogue entry",
        )
    chosen = {suffix: parts[suffix] for suffix in PARTS if suffix in parts}
    members: dict[str, bytes] = {}
    for suffix, file in chosen.items():
        target = order.folder / f"part{suffix}"
        _bring(file, target, item, client)
        members[f"{stem}{suffix}"] = target.read_bytes()
    payload = order.folder / f"{stem}.zip"
    write_pages(payload, members)
    return Arrival(payload=payload, url=main.url, query=_query(item, list(chosen.values())))
