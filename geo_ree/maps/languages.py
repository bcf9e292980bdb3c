"""The words of the page: one JSON file per language, checked against the English one.

A message may have three kinds of places, written as in ICU MessageFormat: ``{name}``,
``{count, number}`` and ``{count, plural, one {deposit} other {deposits}}``.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from geo_ree.errors import RenderError

PARTS = ("page", "terms", "facts")
"""Messages by key; words of fixed vocabularies and sentences of the data by their English."""
_HEAD = ("name", "locale")
_FIRST = "en"
_MEND = "mend the file, or remove it"
_CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_PLURALS = ("zero", "one", "two", "few", "many", "other")
_PLACE = re.compile(r"\{(\w+)(?:, (number)|, plural,((?: \w+ \{[^{}]*\})+))?\}")
_FORM = re.compile(r" (\w+) \{([^{}]*)\}")


def load_languages(folder: Traversable | None = None) -> dict[str, Any]:
    """Read every language of a folder, the page's own ``i18n`` by default; English comes first.

    A language may lack keys, which the page then says in English. A file that is no JSON object, a
    key that English lacks or that stands twice, and a place in a message that English lacks or has
    besides are a `RenderError`.
    """
    folder = folder or files("geo_ree.maps") / "i18n"
    found = [file for file in folder.iterdir() if file.name.endswith(".json")]
    found.sort(key=lambda file: (file.name != f"{_FIRST}.json", file.name))
    languages = {file.name.removesuffix(".json"): _read(file) for file in found}
    if _FIRST not in languages:
        raise RenderError(f"i18n has no {_FIRST}.json", "install geo_ree again")
    for code, words in languages.items():
        for complaint in complaints(code, words, languages[_FIRST]):
            raise RenderError(f"i18n/{code}.json: {complaint}", _MEND)
    return {code: {part: {} for part in PARTS} | words for code, words in languages.items()}


def local_names(folder: Traversable | None = None) -> dict[str, dict[str, str]]:
    """Read how sources write the names of deposits: language, name in the tables, local name."""
    table = (folder or files("geo_ree.maps") / "i18n") / "names.csv"
    found: dict[str, dict[str, str]] = {}
    for number, row in enumerate(csv.DictReader(table.read_text("utf-8").splitlines()), 2):
        if not all(row.get(column) for column in ("language", "name", "local_name", "source")):
            raise RenderError(f"i18n/names.csv, line {number}: a cell is empty", "give all four")
        found.setdefault(row["language"], {})[row["name"]] = row["local_name"]
    return found


def complaints(code: str, words: Any, english: Mapping[str, Any]) -> Iterator[str]:
    """Say, with the key, what is wrong with a language; a key that is missing is not."""
    if not _CODE.fullmatch(code):
        yield "its name is no language code, such as kk or uz-Cyrl"
    if not isinstance(words, dict):
        yield "it is no JSON object"
        return
    for key in _HEAD:
        if not isinstance(words.get(key), str) or not words[key].strip():
            yield f'"{key}" is missing or is no text'
    if not _CODE.fullmatch(str(words.get("locale", _FIRST))):
        yield '"locale" is no language tag, such as kk-KZ'
    for key in sorted(set(words) - {*_HEAD, *PARTS}):
        yield f'"{key}" is none of {", ".join((*_HEAD, *PARTS))}'
    for part in PARTS:
        texts = words.get(part, {})
        if not isinstance(texts, dict):
            yield f'"{part}" is no JSON object'
            continue
        for key, text in texts.items():
            original = key if part == "facts" else english[part].get(key)
            yield from (f'{part}, "{key}": {why}' for why in _faults(text, original))


def untranslated(words: Mapping[str, Any], english: Mapping[str, Any]) -> list[str]:
    """List the keys that the page would say in English."""
    return [
        f"{part}, {key}"
        for part in PARTS
        for key in english.get(part, {})
        if key not in words.get(part, {})
    ]


def places(text: str) -> set[str]:
    """Give the names that a message has places for."""
    return {match.group(1) for match in _PLACE.finditer(text)}


def english(key: str, values: Mapping[str, Any] | None = None) -> str:
    """Say a message of the page in English, as the script of the page does."""
    given = values or {}

    def filled(match: re.Match[str]) -> str:
        name, number, forms = match.groups()
        value = given[name]
        if forms:
            found = dict(_FORM.findall(forms))
            return str(found.get("one" if value == 1 else "other", found["other"]))
        return f"{value:,}" if number else str(value)

    return _PLACE.sub(filled, _english()[key])


@cache
def _english() -> dict[str, str]:
    words: dict[str, str] = load_languages()[_FIRST]["page"]
    return words


def spoken(languages: Mapping[str, Any]) -> dict[str, Any]:
    """Add the names of deposits, and drop English words that are their own key."""
    kept = {k: v for k, v in languages[_FIRST]["terms"].items() if k != v}
    lean = {**languages, _FIRST: {**languages[_FIRST], "terms": kept}}
    names = local_names()
    return {code: {**words, "names": names.get(code, {})} for code, words in lean.items()}


def _read(file: Traversable) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        if len(set(keys)) < len(keys):
            twice = min(key for key in keys if keys.count(key) > 1)
            raise RenderError(f'i18n/{file.name}: "{twice}" stands twice', "remove one of both")
        return dict(pairs)

    try:
        return json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=unique)
    except ValueError as error:
        raise RenderError(f"i18n/{file.name} is no JSON in UTF-8: {error}", _MEND) from error


def _faults(text: Any, original: str | None) -> Iterator[str]:
    """Say what is wrong with a translation of an English message."""
    if original is None:
        yield "English has no such key"
        return
    if not isinstance(text, str) or not text.strip():
        yield "the translation is empty or is no text"
        return
    if re.search(r"[{}]", _PLACE.sub("", text)):
        yield "a brace is open, or a place is none of {x}, {x, number}, {x, plural, other {...}}"
        return
    asked, got = places(original), places(text)
    yield from (f"{{{name}}} is missing" for name in sorted(asked - got))
    yield from (f"English has no {{{name}}}" for name in sorted(got - asked))
    for match in _PLACE.finditer(text):
        forms = [form for form, _ in _FORM.findall(match.group(3) or "")]
        if forms and ("other" not in forms or not set(forms) <= set(_PLURALS)):
            known = ", ".join(_PLURALS)
            yield f"the plural of {{{match.group(1)}}} needs the form other, and knows {known}"
