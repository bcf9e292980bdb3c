"""Names of deposits in a common form, so that the spellings of one name can be compared.

A name such as ``Kutessay-2``, ``Kutessai II`` or ``Кутессай II`` becomes a stem (``kutesai``), a
number (2), the parts of a field it stands for (``north``, ``upper``) and marks for names that are
not the name of a deposit (a smelter, a borehole, ``unnamed``). anyascii transliterates the
letters; the rules here fold what differs between transliterations of Russian, Kazakh, Kyrgyz,
Uzbek, Tajik, Mongolian and Dari names in Western tables.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from anyascii import anyascii

from geo_ree.deposits.vocabulary import read_words

_SPLIT = re.compile(r"[;,/|()\[\]]+|\s+-\s+|\baka\b|\balso\b", re.IGNORECASE)
_APOSTROPHES = re.compile(r"['`\"’]")
_WORD = re.compile(r"[a-z]+|\d+")

_ROMAN = re.compile(r"(?=[ivx])(x{0,2})(ix|iv|v?i{0,3})")
_DIGITS = {"i": 1, "v": 5, "x": 10}

_ENDINGS = re.compile(r"(?:ski[iy]?|sk(?:oe|oye|oje|oy|oi|aya|aja|ja|oj|y|yy|ij)|sk)$")
_SHORT_ENDINGS = re.compile(r"(?:oye|oe|oje|aya|aja)$")
_FOLDS = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"(?<=[bcdfgklmnprstvz])[jy](?=[aeou])", ""),
        (r"(?<=[aeiou])j", "i"),
        (r"shch|sch", "s"),
        (r"dzh|zh|dj", "j"),
        (r"dz", "z"),
        (r"kh", "h"),
        (r"gh", "g"),
        (r"q", "k"),
        (r"tch|ch", "s"),
        (r"ts|tz", "c"),
        (r"z?sh|zs", "s"),
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
"""Transliterations of one sound, applied from top to bottom."""

_ADJECTIVE = re.compile(r"(?<=.{3})(?:[oa]ye|[oa]je|[oay]e|[yi][yij]|a[yij]a|y|i)$")
"""Endings by which one word for a part of a field differs: Severny, Severnoye, Severnyj."""

_VOICELESS = str.maketrans("zgdvb", "sktpp")


@dataclass(frozen=True)
class NameForm:
    """One name of a record in the form that is compared.

    ``stem`` is the folded name without generic words, numbers and parts ("" if nothing is left),
    ``words`` its words. ``parts`` are words that tell neighbours apart (``north``, ``upper``,
    ``old``), ``works`` the kind of works it names. ``nameless`` marks a record without a name,
    ``group`` a district or field, and ``main`` the record's own name rather than an alias.
    """

    stem: str
    words: tuple[str, ...]
    numbers: frozenset[int]
    parts: frozenset[str]
    works: str
    nameless: bool
    group: bool
    main: bool


def name_forms(name: object, *aliases: object) -> tuple[NameForm, ...]:
    """Return the comparable forms of a record's names, those of its own name first.

    Each alias text may list several names. A name that lists several (``Aksai, Chulaktau``,
    ``Konyrat (Kounrad)``) has a form for each. Repetitions are dropped.

    Examples
    --------
    >>> [f.stem for f in name_forms("Kutessay-2", "Кутессай II; Kutessai-II")]
    ['kutesai']
    """
    out: dict[NameForm, None] = {}
    for text, main in ((name, True), *((alias, False) for alias in aliases)):
        for piece in split_names(text):
            form = _parse_name(piece, main)
            if not (form.stem or form.nameless):
                continue
            if main or _parse_name(piece, True) not in out:  # skip an alias that repeats the name
                out[form] = None
    return tuple(out)


def split_names(text: object) -> list[str]:
    """Split a text into the names that it lists; no names if it is not a text."""
    pieces = _SPLIT.split(text) if isinstance(text, str) else []
    return [piece.strip() for piece in pieces if piece.strip()]


@lru_cache(maxsize=400_000)
def skeleton(stem: str) -> str:
    """Return the consonants of a stem, which transliterations share most.

    Voiced and voiceless consonants count as one.
    """
    consonants = re.sub(r"[aeiou\s]", "", stem).translate(_VOICELESS)
    return re.sub(r"(.)\1+", r"\1", consonants)


def core(words: tuple[str, ...]) -> str:
    """Join the words of a stem that are not landforms, or all words if nothing else is left."""
    own = [w for w in words if w not in _landforms()]
    return "".join(own or words)


def is_name_word(word: str) -> bool:
    """Whether a word in small Latin letters names something: at least four, and not generic.

    Examples
    --------
    >>> is_name_word("kounrad"), is_name_word("deposit"), is_name_word("vostochnoye")
    (True, False, False)
    """
    return len(word) > 3 and bool(_parse_word(word).stem) and word not in _words("landform")


@lru_cache(maxsize=400_000)
def _parse_name(text: str, main: bool) -> NameForm:
    plain = anyascii(unicodedata.normalize("NFKC", text)).lower()
    read = [_parse_word(word) for word in _WORD.findall(_APOSTROPHES.sub("", plain))]
    words = tuple(r.stem for r in read if r.stem)
    return NameForm(
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
    """What one word of a name means."""

    stem: str = ""
    number: int | None = None
    part: str = ""
    works: str = ""
    nameless: bool = False
    group: bool = False


@lru_cache(maxsize=400_000)
def _parse_word(word: str) -> _Word:
    number = _parse_number(word)
    if number is not None:
        return _Word(number=number)
    part = _words("part").get(word) or _adjectives().get(_ADJECTIVE.sub("", word))
    if part:
        return _Word(part=part)
    if word in _words("works"):
        return _Word(works=word)
    if word in _words("nameless"):
        return _Word(nameless=True)
    if word in _words("group") or word in _words("generic"):
        return _Word(group=word in _words("group"))
    prefixes = (p for p in _words("prefix") if word.startswith(p) and len(word) > len(p) + 3)
    prefix = next(prefixes, "")
    return _Word(stem=_fold(word[len(prefix) :]), part=_words("prefix").get(prefix, ""))


def _parse_number(word: str) -> int | None:
    """Read a Roman or Arabic number."""
    if word == "l":  # a Roman one typed as a letter
        return 1
    if word.isdigit():
        return int(word) if len(word) <= 4 else None
    if word and _ROMAN.fullmatch(word):
        values = [_DIGITS[c] for c in word]
        following = [*values[1:], 0]
        return sum(-v if v < n else v for v, n in zip(values, following, strict=True))
    return None


def _fold(word: str) -> str:
    """Drop adjective endings, and fold the transliterations of each sound."""
    if len(word) > 6:
        word = _ENDINGS.sub("", word)
    if len(word) > 5:
        word = _SHORT_ENDINGS.sub("", word)
    for pattern, replacement in _FOLDS:
        word = pattern.sub(replacement, word)
    return word


@cache
def _words(meaning: str) -> Mapping[str, str]:
    """Words of ``words/names.csv`` of one meaning, with the part of a field each stands for."""
    return {row["word"]: row["part"] for row in read_words("names") if row["says"] == meaning}


@cache
def _adjectives() -> Mapping[str, str]:
    """Russian adjectives for the parts of a field, without their endings."""
    parts = {_ADJECTIVE.sub("", word): (word, part) for word, part in _words("part").items()}
    return {base: part for base, (word, part) in parts.items() if base != word}


@cache
def _landforms() -> frozenset[str]:
    return frozenset(_fold(word) for word in _words("landform"))
