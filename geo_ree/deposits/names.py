"""Names of deposits brought to a common form, so that spellings of one name can be compared.

A name such as ``Kutessay-2``, ``Kutessai II`` or ``Кутессай II`` becomes a stem (``kutesai``), a
number (2), the parts of a field it stands for (``north``, ``upper``) and marks for names that
name no deposit (a smelter, a bore hole, ``unnamed``). Letters are turned into Latin ones by
anyascii; the rules here fold what differs between the transliterations of Russian, Kazakh,
Kyrgyz, Uzbek, Tajik, Mongolian and Dari names in Western tables.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from anyascii import anyascii

_SPLIT = re.compile(r"[;,/|()\[\]]+|\s+-\s+|\baka\b|\balso\b", re.IGNORECASE)
_APOSTROPHES = re.compile(r"['`\"’]")
_WORD = re.compile(r"[a-z]+|\d+")

_ROMAN = re.compile(r"(?=[ivx])(x{0,2})(ix|iv|v?i{0,3})")
_DIGITS = {"i": 1, "v": 5, "x": 10}

_ENDINGS = re.compile(r"(?:ski[iy]?|sk(?:oe|oye|oje|oy|oi|aya|aja|ja|oj|y|yy|ij)|sk)$")
_FOLDS = tuple(
    (re.compile(pattern), put)
    for pattern, put in (
        (r"(?<=[bcdfgklmnprstvz])[jy](?=[aeou])", ""),
        (r"(?<=[aeiou])j", "i"),
        (r"shch|sch", "s"),
        (r"dzh|zh|dj", "j"),
        (r"kh", "h"),
        (r"gh", "g"),
        (r"q", "k"),
        (r"tch|ch", "s"),
        (r"ts|tz", "c"),
        (r"sh", "s"),
        (r"ph", "f"),
        (r"w", "v"),
        (r"x", "ks"),
        (r"eh", "e"),
        (r"ye|ie", "e"),
        (r"y", "i"),
        (r"uu|ou|oo", "u"),
        (r"ee", "e"),
        (r"(.)\1+", r"\1"),
    )
)


_VOICELESS = str.maketrans("zgdvb", "sktpp")


@cache
def _words(says: str) -> Mapping[str, str]:
    """Words of ``words/names.csv`` that say one thing, with the part of a field they stand for."""
    text = (files("geo_ree.deposits") / "words" / "names.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["word"]: row["part"] for row in rows if row["says"] == says}


@cache
def _landforms() -> frozenset[str]:
    return frozenset(_fold(word) for word in _words("landform"))


def core(words: tuple[str, ...]) -> str:
    """The folded words of a name that are no landform; all of them where nothing else is left.

    Examples
    --------
    >>> core(("hairhan", "ul"))
    'hairhan'
    """
    own = [w for w in words if w not in _landforms()]
    return "".join(own or words)


@dataclass(frozen=True)
class Form:
    """One name of a record in the form that is compared.

    Parameters
    ----------
    stem
        The folded name without generic words, numbers and parts; blank where nothing is left.
    words
        The stem's words.
    numbers
        Numbers in the name, Roman or Arabic.
    parts
        Parts of a field and other words that tell neighbours apart: ``north``, ``upper``, ``old`` …
    works
        Which works it names; blank for a deposit.
    nameless
        Whether it names no deposit at all.
    group
        Whether it names a group, a district or a field of deposits.
    main
        Whether it is the record's own name, not an alias.
    """

    stem: str
    words: tuple[str, ...]
    numbers: frozenset[int]
    parts: frozenset[str]
    works: str
    nameless: bool
    group: bool
    main: bool


def name_forms(name: object, *others: object) -> tuple[Form, ...]:
    """Give the comparable forms of a record's names.

    Parameters
    ----------
    name
        The record's own name.
    others
        Further names, each a text that may hold several, separated by ``;`` or ``,``.

    Returns
    -------
    tuple of Form
        Without repetitions, those of the own name first. Where a name lists several (``Aksai,
        Chulaktau``, ``Konyrat (Kounrad)``) there is a form for the whole and for each.

    Examples
    --------
    >>> [f.stem for f in name_forms("Kutessay-2", "Кутессай II; Kutessai-II")]
    ['kutesai']
    >>> name_forms("Kutessai II")[0].numbers == name_forms("Kutessay-2")[0].numbers
    True
    >>> name_forms("Verkhne-Kajrakty")[0].parts
    frozenset({'upper'})
    """
    out: dict[Form, None] = {}
    for text, main in ((name, True), *((o, False) for o in others)):
        for piece in _pieces(text):
            form = _form(piece, main)
            if not (form.stem or form.nameless) or form in out:
                continue
            if main or _form(piece, True) not in out:  # an alias that repeats the name says nothing
                out[form] = None
    return tuple(out)


@lru_cache(maxsize=400_000)
def skeleton(stem: str) -> str:
    """Consonants of a stem, which the transliterations share most.

    Examples
    --------
    >>> skeleton("kutesai") == skeleton("kutisoi")
    True
    >>> skeleton("jezkasgan") == skeleton("jezkazgan")  # voiced and voiceless are one
    True
    """
    bones = re.sub(r"[aeiou\s]", "", stem).translate(_VOICELESS)
    return re.sub(r"(.)\1+", r"\1", bones)


def _pieces(text: object) -> Iterable[str]:
    if not isinstance(text, str) or not text.strip():
        return ()
    parts = [p.strip() for p in _SPLIT.split(text) if p.strip()]
    whole = _SPLIT.sub(" ", text).strip()
    return parts if len(parts) > 1 else [whole]


@lru_cache(maxsize=400_000)
def _form(text: str, main: bool) -> Form:
    plain = anyascii(unicodedata.normalize("NFKC", text)).lower()
    read = [_read(word) for word in _WORD.findall(_APOSTROPHES.sub("", plain))]
    words = tuple(r.stem for r in read if r.stem)
    return Form(
        stem=" ".join(words),
        words=words,
        numbers=frozenset(r.number for r in read if r.number is not None),
        parts=frozenset(r.part for r in read if r.part),
        works=" ".join(sorted({r.works for r in read if r.works})),
        nameless=any(r.nameless for r in read),
        group=any(r.group for r in read),
        main=main,
    )


@dataclass(frozen=True)
class _Word:
    """What one word of a name says."""

    stem: str = ""
    number: int | None = None
    part: str = ""
    works: str = ""
    nameless: bool = False
    group: bool = False


@lru_cache(maxsize=400_000)
def _read(word: str) -> _Word:
    number, group = _number(word), word in _words("group")
    if number is not None:
        return _Word(number=number)
    if word in _words("part"):
        return _Word(part=_words("part")[word])
    if word in _words("works"):
        return _Word(works=word)
    if word in _words("nameless"):
        return _Word(nameless=True)
    if group or word in _words("generic"):
        return _Word(group=group)
    prefixes = (p for p in _words("prefix") if word.startswith(p) and len(word) > len(p) + 3)
    prefix = next(prefixes, "")
    return _Word(stem=_fold(word[len(prefix) :]), part=_words("prefix").get(prefix, ""))


def _number(word: str) -> int | None:
    if word == "l":  # a Roman one that was typed as a letter
        return 1
    if word.isdigit():
        return int(word) if len(word) <= 4 else None
    if word and _ROMAN.fullmatch(word):
        values = [_DIGITS[c] for c in word]
        following = [*values[1:], 0]
        return sum(-v if v < n else v for v, n in zip(values, following, strict=True))
    return None


def _fold(word: str) -> str:
    if len(word) > 6:
        word = _ENDINGS.sub("", word)
    if len(word) > 5:
        word = re.sub(r"(?:oye|oe|oje|aya|aja)$", "", word)
    for pattern, put in _FOLDS:
        word = pattern.sub(put, word)
    return word
