"""One page of features, looked through before it is trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError

MAX_PAGES = 10_000
"""Pages after which a service is taken to be endless."""

MOST_PAGE_BYTES = 512_000_000
"""An answer larger than this is refused."""

_LISTED = 20


class PageError(Exception):
    """A page that is not what was asked for.

    Parameters
    ----------
    reason
        What came instead, to stand behind the address or the file.
    cure
        What to do about it; blank where it depends on whether the page is fetched or read.
    """

    def __init__(self, reason: str, cure: str = "") -> None:
        self.reason = reason
        self.cure = cure
        super().__init__(reason)


class ServiceError(PageError):
    """The service's own error, sent in place of features."""


class AlienError(PageError):
    """Something whole, but no collection of features in GML or GeoJSON."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page of features, as it came and as it was counted.

    Parameters
    ----------
    raw
        Its bytes.
    suffix
        ``gml`` or ``geojson``.
    keys
        A fingerprint of each feature, in the order of the page: the same feature has the same
        one in every page.
    identified
        Whether each feature has an id of its own, so that two with one key are one feature.
    stated
        How many features the answer says there are in all; None where it does not say.
    layers
        Names of the kinds of feature in a page of GML.
    """

    raw: bytes
    suffix: str
    keys: tuple[bytes, ...]
    identified: bool
    stated: int | None = None
    layers: tuple[str, ...] = ()


def told_start(raw: bytes) -> str:
    """Give the first bytes of an answer in one line, for an error.

    Examples
    --------
    >>> told_start(b"Bad  gateway" + bytes([10]))
    "'Bad gateway'"
    """
    return repr(" ".join(raw[:80].decode("utf-8", "replace").split()))


def told_names(names: Sequence[str]) -> str:
    """List what a service has, for the error about what it has not; not more than 20 names.

    Examples
    --------
    >>> told_names(["mines", "roads"]), told_names([])
    ('mines, roads', 'none')
    >>> told_names([f"layer {n}" for n in range(23)])[-29:]
    'layer 18, layer 19 and 3 more'
    """
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "") or "none"


def failure(source: Source, error: PageError, url: str = "") -> FetchError:
    """Make the error for an answer that is not what was asked for.

    Parameters
    ----------
    source
        The catalogue entry.
    error
        What is wrong with the answer.
    url
        The address that was asked; that of the entry unless given.

    Examples
    --------
    >>> from geo_ree.catalog import load_catalog
    >>> failure(load_catalog()["usgs_ree"], PageError("nothing came", "go on")).cure
    'go on'
    """
    cure = "try again later; if it stays so, open the address in a browser"
    if isinstance(error, ServiceError):
        cure = "correct reader in the catalogue entry"
    return FetchError(f"{source.id}: {url or source.url}: {error.reason}", error.cure or cure)


def check_overlap(page: Page, seen: set[bytes], source: Source, number: int) -> None:
    """Refuse a page of which some features came before: others may then be missing.

    Features without an id are let pass, since two may be alike.

    Raises
    ------
    FetchError
        With the number of the page.

    Examples
    --------
    >>> from geo_ree.catalog import load_catalog
    >>> page = Page(raw=b"", suffix="gml", keys=(b"a",), identified=True)
    >>> check_overlap(page, {b"b"}, load_catalog()["usgs_ree"], 2)
    """
    again = sum(key in seen for key in page.keys)
    if again and page.identified:
        raise FetchError(
            f"{source.id}: {source.url}: {again} features of page {number} came before, so "
            "others may be missing",
            "let the service sort with reader.query, or raise reader.page_size, in the "
            "catalogue entry",
        )


def check_count(had: int, expected: int | None, source: Source) -> None:
    """Refuse fewer features than the service counts.

    Raises
    ------
    FetchError
        With both numbers.

    Examples
    --------
    >>> from geo_ree.catalog import load_catalog
    >>> check_count(250, None, load_catalog()["usgs_ree"])
    """
    if expected is not None and had < expected:
        raise FetchError(
            f"{source.id}: {source.url}: {had} features came, the service counts {expected}",
            "fetch again later, or ask for parts with --bbox",
        )
