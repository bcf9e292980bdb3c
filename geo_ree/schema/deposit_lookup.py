"""The deposit that a person names, by its id or by any of its names."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pandas as pd

from geo_ree.errors import SettingsError, suggest_words
from geo_ree.schema.vocabularies import RANKED_ROLES

logger = logging.getLogger(__name__)


def find_deposit(word: str, table: pd.DataFrame, unplaced: pd.DataFrame | None = None) -> int:
    """Find the row of the deposit that has this id or name.

    Of several deposits with the name, the ranked ones come first, then those that do not have it as
    an alias. A log message says which one was taken, and which others have the name.

    Parameters
    ----------
    word
        An id, as written, or a name or alias in any case.
    table
        A row per deposit, with ``id`` and, where known, ``name``, ``aliases`` (joined by ``;``) and
        ``role``.
    unplaced
        The deposits without a coordinate, in the same columns, for the error.

    Returns
    -------
    int
        Position of the row in `table`.

    Raises
    ------
    SettingsError
        When no deposit has the name (the hint has the nearest spellings), only one without a
        coordinate, or several that nothing sets apart.

    Examples
    --------
    >>> deposits = pd.DataFrame({"id": ["a:1", "b:2"], "name": ["Aktyuz", "Kutessay II"],
    ...                          "aliases": ["Ak-Tyuz", None], "role": "candidate"})
    >>> find_deposit("ak-tyuz", deposits), find_deposit("b:2", deposits)
    (0, 1)
    >>> find_deposit("Kutesay II", deposits)
    Traceback (most recent call last):
    geo_ree.errors.SettingsError: no deposit is called 'Kutesay II'; did you mean Kutessay II?
    """
    rows = list(_rows(table))
    plain = word.strip().casefold()
    by_id = [at for at, (own, _, _) in enumerate(rows) if own == word]
    found: dict[tuple[bool, bool], list[int]] = {}
    for at, (_, names, role) in enumerate(rows):
        if plain and plain in [n.casefold() for n in names]:
            order = (role is not None and role not in RANKED_ROLES, plain != names[0].casefold())
            found.setdefault(order, []).append(at)
    if not by_id and not found:
        raise _not_found(word, table, unplaced)
    best = by_id or found[min(found)]
    if len(best) > 1:
        ids = ", ".join(dict.fromkeys(rows[at][0] for at in best))
        what = "have the id" if by_id else "are called"
        raise SettingsError(f"{len(best)} deposits {what} {word!r}", f"name one of {ids}")
    others = [rows[at][0] for places in found.values() for at in places if at != best[0]]
    if others and not by_id:
        taken = rows[best[0]][0]
        logger.warning(
            "%r is taken as %s; the name is also that of %s",
            word,
            taken,
            ", ".join(dict.fromkeys(others)),
        )
    return best[0]


def _rows(table: pd.DataFrame) -> Iterator[tuple[str, list[str], str | None]]:
    """Id, names (the first is the deposit's own, "" without one) and role of each row."""
    blank = [None] * len(table)
    columns = [table[c] if c in table.columns else blank for c in ("id", "name", "aliases", "role")]
    for own, name, aliases, role in zip(*columns, strict=True):
        more = [a.strip() for a in aliases.split(";")] if isinstance(aliases, str) else []
        first = name.strip() if isinstance(name, str) else ""
        yield str(own), [first, *(a for a in more if a)], role if isinstance(role, str) else None


def _not_found(word: str, table: pd.DataFrame, unplaced: pd.DataFrame | None) -> SettingsError:
    plain = word.strip().casefold()
    lost = [] if unplaced is None else list(_rows(unplaced))
    if any(word == own or plain in [n.casefold() for n in names] for own, names, _ in lost):
        return SettingsError(f"no available source gives {word!r} a coordinate", "leave it out")
    rows = [*_rows(table), *lost]
    known = dict.fromkeys(n for own, names, _ in rows for n in (*names, own) if n)
    return SettingsError(
        f"no deposit is called {word!r}",
        suggest_words(word, known) or "take an id or a name of scores.csv",
    )
