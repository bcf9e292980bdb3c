"""Files whose address has the month of their edition: the newest that is there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TypeVar

from geo_ree.errors import FetchError
from geo_ree.fetching.transport.retry import AbsentError, ForbiddenError

MONTH = "{month}"
"""Stands in an address for the year and month of the edition, as 2026-09."""

MONTHS_BACK = 12
"""Months that are looked back from today: some publishers leave several out."""

T = TypeVar("T")


def monthly_addresses(url: str, today: date | None = None) -> list[str]:
    """Addresses that a file of a month may have, the newest first; the address itself without a month.

    Examples
    --------
    >>> monthly_addresses("https://example.org/{month}/map.csv", date(2026, 1, 5))[:2]
    ['https://example.org/2026-01/map.csv', 'https://example.org/2025-12/map.csv']
    """
    if MONTH not in url:
        return [url]
    day = today or datetime.now(UTC).date()
    months = [day.year * 12 + day.month - 1 - back for back in range(MONTHS_BACK + 1)]
    return [url.replace(MONTH, f"{m // 12:04d}-{m % 12 + 1:02d}") for m in months]


def newest_month(url: str, source_id: str, get: Callable[[str], T]) -> T:
    """Give what `get` makes of the newest address that is there.

    Raises
    ------
    FetchError
        As `get` does; and if no month has the file.
    """
    addresses = monthly_addresses(url)
    for address in addresses:
        try:
            return get(address)
        except (AbsentError, ForbiddenError):
            if len(addresses) == 1:
                raise
    raise FetchError(
        f"{source_id}: {url}: none of the last {len(addresses)} months has the file",
        "the publisher may have moved it: look at its page, then correct url in the catalogue entry",
    )
