"""The protocol ``sciencebase``: a file of an item, which is found by its id or its exact title."""

from __future__ import annotations

import difflib
import hashlib
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError
from geo_ree.fetching.answers import write_pages
from geo_ree.fetching.protocol import Payload, Request
from geo_ree.fetching.transport.download import ZIP_MAGIC, Client, Download
from geo_ree.fetching.transport.session import join_address
from geo_ree.reading.documents import count_of, objects_of
from geo_ree.reading.shapefile import PARTS

logger = logging.getLogger(__name__)

_CATALOGUE = re.compile(r"(?P<root>https://[^/]+/catalog)/items?(?:/(?P<id>\w+))?/?$")
_PER_PAGE = 100
_ZIPPED = (".zip", ".xlsx", ".kmz")
_MOST_PAGES = 10
_LONGEST_NAME = 200  # bytes; the names of partial files beside it are longer


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A file as an item lists it; files of one facet have the same `group`."""

    name: str
    url: str
    size: int | None
    md5: str
    group: int


@dataclass(frozen=True, kw_only=True)
class Item:
    """An item with its files and links."""

    id: str
    title: str
    page: str
    source_id: str
    files: tuple[Listed, ...]
    links: tuple[str, ...]

    @property
    def where(self) -> str:
        """Source and address, the start of every error."""
        return f"{self.source_id}: {self.page}"


class UnlistedError(FetchError):
    """No item has the title."""


def item_page(source: Source, client: Client) -> str:
    """Return the address of an item; it is searched by its title if the entry has no id.

    Raises an UnlistedError if no item has the title, a FetchError if several have it or the entry
    names no item.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> from geo_ree.settings import Settings
    >>> item_page(load_catalog()["usgs_global_ree_2022"], Client(Settings()))
    'https://www.sciencebase.gov/catalog/item/6193209ad34eb622f691aca7'
    """
    address = _CATALOGUE.match(source.url)
    if address is None:
        raise FetchError(
            f"{source.id}: {source.url} is not the address of a ScienceBase item",
            "give one like https://www.sciencebase.gov/catalog/items as url in the catalogue entry",
        )
    root, number = address["root"], source.reader.item
    if not number and source.reader.title:
        number = _searched(f"{root}/items", source, client)
    number = number or address["id"] or ""
    if not number:
        raise FetchError(
            f"{source.id}: {source.url} names no item",
            "give reader.item or reader.title in the catalogue entry",
        )
    return f"{root}/item/{number}"


def find_item(source: Source, client: Client) -> Item:
    """Request an item with the files that it lists."""
    page = item_page(source, client)
    fields = "title,files,facets,webLinks"
    found = client.get_json(page, params={"format": "json", "fields": fields})
    if not isinstance(found, dict) or "title" not in found:
        raise FetchError(
            f"{source.id}: {page}: the answer is not an item", "look at the address in a browser"
        )
    links = [str(link.get("uri") or "") for link in objects_of(found.get("webLinks"))]
    return Item(
        id=page.rpartition("/")[2],
        title=str(found["title"]),
        page=page,
        source_id=source.id,
        files=tuple(_files(found)),
        links=tuple(filter(None, links)),
    )


def _searched(url: str, source: Source, client: Client) -> str:
    """Return the id of the one item that has the title."""
    wanted = _folded(source.reader.title)
    titles: dict[str, str] = {}
    same: list[str] = []
    for items in _found_pages(url, source, client):
        new = {str(i["id"]): str(i.get("title") or "") for i in items if i.get("id")}
        more = [n for n, title in new.items() if _folded(title) == wanted and n not in titles]
        titles |= new
        same += more
        if same and not more:  # the best come first: items of one title are together
            break
    if len(same) == 1:
        return same[0]
    if same:
        raise FetchError(
            f"{source.id}: {url}: {len(same)} items are called {source.reader.title!r}: "
            f"{', '.join(same)}",
            "look at them, and give the id of the right one as reader.item in the catalogue entry",
        )
    close = difflib.get_close_matches(wanted, list(map(_folded, titles.values())), 3, 0.0)
    near = [f"{title!r} ({n})" for c in close for n, title in titles.items() if _folded(title) == c]
    closest = f"; the closest of {len(titles)}: {', '.join(dict.fromkeys(near))}" if near else ""
    raise UnlistedError(
        f"{source.id}: {url}: no item is called {source.reader.title!r}{closest}",
        "correct reader.title, or give reader.item, in the catalogue entry",
    )


def _found_pages(url: str, source: Source, client: Client) -> Iterator[list[dict[str, Any]]]:
    params = {"q": source.reader.title, "format": "json", "max": str(_PER_PAGE), "fields": "title"}
    page, offset, seen = url, 0, set[str]()
    for _ in range(_MOST_PAGES):
        found = client.get_json(page, params=params)
        items = objects_of(found.get("items")) if isinstance(found, dict) else []
        new = {str(i.get("id")) for i in items} - seen
        if not new:  # the end, or the same page again
            return
        yield items
        seen |= new
        offset += len(items)
        link = found.get("nextlink")
        if isinstance(link, dict) and link.get("url"):
            page, params = _secure(join_address(page, link["url"])), {}
            client.allow(page)
        elif offset < (count_of(found.get("total")) or 0):
            page, params = url, {**params, "offset": str(offset)}
        else:
            return
    logger.info("%s: %s: only the first %d items were searched", source.id, url, offset)


def _folded(title: str) -> str:
    return " ".join(title.split()).casefold()


def _files(item: dict[str, Any]) -> Iterator[Listed]:
    groups = [item.get("files"), *(facet.get("files") for facet in objects_of(item.get("facets")))]
    for group, files in enumerate(groups):
        for file in objects_of(files):
            proof = file.get("checksum")
            proof = proof if isinstance(proof, dict) else {}
            yield Listed(
                name=str(file.get("name") or ""),
                url=_secure(str(file.get("url") or file.get("downloadUri") or "")),
                size=count_of(file.get("size")),
                md5=str(proof.get("value") or "").lower() if proof.get("type") == "MD5" else "",
                group=group,
            )


def _secure(url: str) -> str:
    return "https://" + url.removeprefix("http://") if url.startswith("http://") else url


def download_item(request: Request, client: Client) -> Payload:
    """Download one file of an item, or all parts of one shapefile as a zip archive.

    The entry names the item with ``reader.item`` or its exact title, ``reader.title``, and the
    file with its name or a pattern in ``reader.file``. The address of a file changes with each
    edition and is always requested anew. Raises a FetchError if the item or the file is not found,
    or the file is not the one that the item describes.
    """
    source = request.source
    item = find_item(source, client)
    wanted = _chosen(item, source.reader.file)
    if wanted.name.lower().endswith(".shp"):
        return _download_shapefile(wanted, item, request, client)
    payload = request.folder / _file_name(wanted, item)
    download = _download_listed(wanted, payload, item, client, request)
    return Payload(
        path=payload,
        url=wanted.url,
        query=_query(item, [wanted]),
        etag=download.etag,
        last_modified=download.last_modified,
        unchanged=download.unchanged,
    )


def _file_name(file: Listed, item: Item) -> str:
    """Return the name of a file, without folders; raise a FetchError if there can be no such file."""
    name = PurePosixPath(file.name.replace("\\", "/")).name
    if not name.isprintable() or not 0 < len(name.encode()) <= _LONGEST_NAME or name == "..":
        raise FetchError(
            f"{item.where}: the item lists a file called {file.name[:80]!r}",
            "correct reader.file in the catalogue entry",
        )
    return name


def _chosen(item: Item, wanted: str) -> Listed:
    """Return the one file that has the name, or matches the pattern."""
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


def _download_listed(
    file: Listed, target: Path, item: Item, client: Client, request: Request | None = None
) -> Download:
    by_hand = f"download {file.name} in a browser at {item.page}, then geo-ree fetch "
    by_hand += f"{item.source_id} --file PATH"
    if not file.url.startswith("https://"):
        raise FetchError(f"{item.where}: {file.name} has no address ({file.url!r})", by_hand)
    client.allow(file.url)
    magic = ZIP_MAGIC if file.name.lower().endswith(_ZIPPED) else ()
    try:
        download = client.download(
            file.url,
            target,
            magic=magic,
            etag=request.etag if request else "",
            last_modified=request.last_modified if request else "",
        )
    except FetchError as error:
        if "web page (HTML)" not in error.what:
            raise
        # the USGS cloud gives some files to a browser only, after a page with a button
        raise FetchError(error.what, by_hand) from error
    if download.unchanged:
        return download
    if file.size is not None and download.bytes != file.size:
        raise FetchError(
            f"{item.where}: {file.name} has {download.bytes} bytes, the item says {file.size}",
            f"fetch again later, or {by_hand}",
        )
    if file.md5 and _md5(target) != file.md5:
        raise FetchError(
            f"{item.where}: {file.name} has another MD5 than the item says ({file.md5})",
            f"fetch again later, or {by_hand}",
        )
    return download


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _download_shapefile(main: Listed, item: Item, request: Request, client: Client) -> Payload:
    stem = PurePosixPath(_file_name(main, item)).stem
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
        target = request.folder / f"part{suffix}"
        _download_listed(file, target, item, client)
        members[f"{stem}{suffix}"] = target.read_bytes()
    payload = request.folder / f"{stem}.zip"
    write_pages(payload, members)
    return Payload(path=payload, url=main.url, query=_query(item, list(chosen.values())))
