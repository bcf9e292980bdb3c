"""What a layer of an ArcGIS server says of its fields: dates, the words of coded values and of types.

In Esri JSON a date is a number, milliseconds since 1970 in UTC, and a value may be a code, whose word
stands in the description of the layer (``fields``, ``types``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

Rule = Callable[[str], str]
"""Turns the printed value of a field into what it means; what is unknown stays as it is."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WHOLE = re.compile(r"[-+]?\d{1,18}(\.0*)?")


def field_rules(description: Mapping[str, Any]) -> dict[str, Rule]:
    """Find the fields of a layer whose values are dates or codes.

    Parameters
    ----------
    description
        A layer as a server describes it, or a document in Esri JSON: both have ``fields``.

    Returns
    -------
    dict of str to callable
        Name of the field in lower case -> its rule.

    Examples
    --------
    >>> rules = field_rules({"fields": [{"name": "ISSUED", "type": "esriFieldTypeDate"}]})
    >>> rules["issued"]("1262304000000")
    '2010-01-01'
    """
    rules: dict[str, Rule] = {}
    for field in _objects(description.get("fields")):
        name = str(field.get("name")).casefold()
        words = _words(field.get("domain"))
        if words:
            rules[name] = _lookup(words)
        elif field.get("type") == "esriFieldTypeDate":
            rules[name] = date_text
    types = _objects(description.get("types"))
    for kind in types:
        domains = kind.get("domains")
        for name, domain in (domains if isinstance(domains, dict) else {}).items():
            key = str(name).casefold()
            words = _words(domain)
            if words and key not in rules:
                rules[key] = _lookup(_shared(types, str(name)))
    type_field = str(description.get("typeIdField") or description.get("typeField") or "")
    names = {code_text(t.get("id")): str(t.get("name")) for t in types if t.get("name")}
    if type_field and names:
        rules.setdefault(type_field.casefold(), _lookup(names))
    return rules


def date_text(printed: str) -> str:
    """Write milliseconds since 1970 as a day, or as a moment in UTC where it is not midnight.

    Examples
    --------
    >>> date_text("-631152000000"), date_text("1262347200000"), date_text("2010")
    ('1950-01-01', '2010-01-01T12:00:00Z', '1970-01-01T00:00:02Z')
    """
    if not _WHOLE.fullmatch(printed):
        return printed
    try:
        moment = _EPOCH + timedelta(milliseconds=int(float(printed)))
    except OverflowError:
        return printed
    day = moment.strftime("%Y-%m-%d") if moment.year > 999 else moment.date().isoformat()
    midnight = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
    return day if midnight else f"{day}T{moment:%H:%M:%S}Z"


def _objects(value: object) -> list[dict[str, Any]]:
    """Return the objects of a list; of anything else none, for a server may send anything."""
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def _words(domain: object) -> dict[str, str]:
    """Code -> word of a domain of coded values."""
    if not isinstance(domain, dict):
        return {}
    values = _objects(domain.get("codedValues"))
    return {code_text(v.get("code")): str(v["name"]) for v in values if v.get("name") is not None}


def _shared(types: list[dict[str, Any]], field: str) -> dict[str, str]:
    """Join the words that the types of a layer give one field; a code with two meanings stays."""
    found: dict[str, set[str]] = {}
    for kind in types:
        domains = kind.get("domains")
        domain = domains.get(field) if isinstance(domains, dict) else None
        for code, word in _words(domain).items():
            found.setdefault(code, set()).add(word)
    return {code: next(iter(words)) for code, words in found.items() if len(words) == 1}


def code_text(value: object) -> str:
    """Write a code so that 2, 2.0 and "2" are one.

    Examples
    --------
    >>> code_text(2), code_text(2.0), code_text("02")
    ('2', '2', '02')
    """
    text = str(value).strip()
    return text.split(".")[0] if _WHOLE.fullmatch(text) else text


def _lookup(words: Mapping[str, str]) -> Rule:
    return lambda printed: words.get(code_text(printed), printed)
