"""The condition of a database table (``reader.where``): comparisons only, so that it can only select."""

from __future__ import annotations

import re

from geo_ree.errors import SchemaError

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|'')*')|(?P<name>"(?:[^"\\]|"")+")|(?P<number>\d+(?:\.\d+)?)"""
    r"""|(?P<word>[^\W\d]\w*)|(?P<sign><>|<=|>=|!=|\|\||[=<>+\-*/%(),.]))"""
)
_LOGIC = frozenset({"and", "or", "not", "in"})
_FORBIDDEN = frozenset(
    {
        *("select", "with", "table", "values", "from", "union", "into", "copy", "call", "execute"),
        *("insert", "update", "delete", "create", "drop", "alter", "grant", "set", "reset", "do"),
        *("limit", "offset", "order", "group", "having", "window", "for", "returning", "fetch"),
    }
)
_HINT = "compare columns with = <> < > LIKE IN BETWEEN IS NULL AND OR NOT; anything else goes into a view"


def check_condition(where: str, label: str) -> str:
    """Give a condition back if it is one: comparisons of columns with values, and no more.

    Parameters
    ----------
    where
        As the catalogue has it.
    label
        What an error begins with.

    Returns
    -------
    str
        The condition, in one line.

    Raises
    ------
    SchemaError
        When it calls a function, holds a query, a comment or a second statement.

    Examples
    --------
    >>> check_condition("class IN ('rail', 'it''s') AND (year > 1990 OR year IS NULL)", "t")
    "class IN ( 'rail' , 'it''s' ) AND ( year > 1990 OR year IS NULL )"
    >>> check_condition("a = 1; DROP TABLE t", "t")
    Traceback (most recent call last):
    geo_ree.errors.SchemaError: t: reader.where has a character that no comparison has: ';'; compare \
columns with = <> < > LIKE IN BETWEEN IS NULL AND OR NOT; anything else goes into a view
    """
    tokens: list[tuple[str, str]] = []
    at, depth = 0, 0
    text = where.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            odd = text[at:].lstrip()[:1]
            raise SchemaError(
                f"{label}: reader.where has a character that no comparison has: {odd!r}", _HINT
            )
        kind, token = str(found.lastgroup), found[0].strip()
        depth += (token == "(") - (token == ")")
        before = tokens[-1] if tokens else ("", "")
        _check_token(kind, token, before, text[found.end() : found.end() + 1], label)
        if depth < 0:
            break
        tokens.append((kind, token))
        at = found.end()
    if depth or not tokens:
        raise SchemaError(f"{label}: the brackets of reader.where do not close", _HINT)
    return " ".join(token for _, token in tokens)


def _check_token(kind: str, token: str, before: tuple[str, str], after: str, label: str) -> None:
    word = token.lower()
    if kind == "word" and word in _FORBIDDEN:
        raise SchemaError(f"{label}: reader.where has the word {token}", _HINT)
    if kind == "word" and after == "'":  # E'..' and the like, whose quotes end elsewhere
        raise SchemaError(f"{label}: reader.where has a text that begins with {token}'", _HINT)
    called = before[0] in ("word", "name") and before[1].lower() not in _LOGIC
    if token == "(" and called:
        raise SchemaError(f"{label}: reader.where calls {before[1]}", _HINT)
    if before[1] + token in ("--", "/*", "*/"):
        raise SchemaError(f"{label}: reader.where has a comment", _HINT)
