"""The encoding of texts: as a file states it in whatever spelling, or as the letters show it.

A one-byte encoding fits any bytes, so that it fits says nothing. What distinguishes Cyrillic from Latin
encodings is whether the letters beyond ASCII make words of their own or stand among ASCII letters.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

UTF8 = "utf-8"

LANGUAGES = {
    **dict.fromkeys((0x26, 0x65), "cp866"),
    **{0x01: "cp437", 0x02: "cp850", 0x64: "cp852", 0x66: "cp865", 0x6A: "cp737", 0x6B: "cp857"},
    **{0xC8: "cp1250", 0xC9: "cp1251", 0xCA: "cp1254", 0xCB: "cp1253", 0xCC: "cp1257"},
}
"""Byte 29 of a dBASE table, where it can be relied on: 0x03 and 0x57 ("Windows") are also written over
UTF-8 and over any other encoding.
"""

_CYRILLIC = ("cp1251", "cp866", "koi8-r")
_LATIN = "cp1252"
_KAZAKH = "kz1048"
_NUMBERED = re.compile(r"(?:ansi|windows|win|cp|ms|oem|ibm|dos|x|code ?page)?[ _-]*(\d{3,5})$")
_ISO = re.compile(r"(?:iso)?[ _-]*8859[ _-]*(\d{1,2})$")
_LDID = re.compile(r"ldid/(\d{1,3})$")
_LETTERS = re.compile(r"[^\W\d_]+")
_COMMON = "оаеинтрслвкмпдуязыь"
_MACEDONIAN = re.compile("[ЌќЅѕЈј]")
_SAMPLE = 20_000
_CLEAR = 0.6


def known_encoding(text: str) -> str:
    """Return Python's name of an encoding as people spell it; blank if there is none.

    Examples
    --------
    >>> [known_encoding(t) for t in ("1251", "ANSI 1251", "UTF8", "Windows-1251", "LDID/201")]
    ['cp1251', 'cp1251', 'utf-8', 'cp1251', 'cp1251']
    >>> known_encoding("ISO 88595"), known_encoding("klingon")
    ('iso8859-5', '')
    """
    plain = text.strip("\ufeff\0\"' \r\n\t").casefold()
    if found := _LDID.match(plain):
        plain = LANGUAGES.get(int(found[1]), "")
    elif found := _ISO.match(plain):
        plain = f"iso8859-{found[1]}"
    elif found := _NUMBERED.match(plain):
        plain = UTF8 if found[1] == "65001" else f"cp{found[1]}"
    try:
        name = codecs.lookup(plain).name
        b"".decode(name)
    except (LookupError, ValueError):
        return ""
    return UTF8 if name == "utf-8-sig" else name


@dataclass(frozen=True)
class Guess:
    """The encoding that the letters show, and whether they show it clearly."""

    name: str
    is_clear: bool

    def describe(self, units: str) -> str:
        """Return the remark about lines or texts that were read so."""
        why = "as their letters show" if self.is_clear else "their letters do not show which"
        also = ", or another of Europe's" if self.is_clear and self.name == _LATIN else ""
        return (
            f"{units} that are not UTF-8, read as {self.name} ({why}{also}; see reader.encodings)"
        )


def guess_encoding(samples: Iterable[bytes]) -> Guess:
    """Return the encoding of texts that are not UTF-8.

    cp1251, cp866 and KOI8-R if the letters beyond ASCII make words of their own, KZ-1048 if those are
    Kazakh ones, else cp1252, which is clear only if they stand among ASCII letters.

    Examples
    --------
    >>> guess_encoding(["Мойынкум".encode("cp866")])
    Guess(name='cp866', is_clear=True)
    >>> guess_encoding(["Bastnäs".encode("cp1252")])
    Guess(name='cp1252', is_clear=True)
    """
    raw = b"\n".join(s for s in samples if not s.isascii())[:_SAMPLE]
    scores = {name: _cyrillic_share(raw.decode(name, "replace")) for name in _CYRILLIC}
    best = max(scores, key=lambda name: scores[name])
    latin = _latin_share(raw.decode(_LATIN, "replace"))
    if scores[best] > latin:
        text = raw.decode("cp1251", "replace")
        if best == "cp1251" and _MACEDONIAN.search(text):
            return Guess(_KAZAKH, scores[best] >= _CLEAR)
        return Guess(best, scores[best] >= _CLEAR)
    return Guess(_LATIN, latin >= _CLEAR)


def _cyrillic_share(text: str) -> float:
    """Return how many words beyond ASCII are Cyrillic ones in a usual case, and of common letters."""
    words = [w for w in _LETTERS.findall(text) if not w.isascii() and len(w) > 1]
    others = sum(1 for c in text if not c.isascii() and not c.isalpha() and c not in "«»№—–°“”„’…")
    if not words:
        return 0.0
    good = [w for w in words if _is_cyrillic(w)]
    letters = "".join(good).lower()
    usual = sum(c in _COMMON for c in letters) / max(len(letters), 1)
    return len(good) / (len(words) + others) * (0.5 + usual / 2.0)


def _is_cyrillic(word: str) -> bool:
    alike = all("\u0400" <= c <= "\u052f" for c in word)
    return alike and (word[1:].islower() or word.isupper())


def _latin_share(text: str) -> float:
    """Return how many words beyond ASCII have an ASCII letter too."""
    words = [w for w in _LETTERS.findall(text) if not w.isascii() and len(w) > 1]
    if not words:
        return 0.0
    return sum(1 for w in words if any(c.isascii() for c in w) and _is_plain(w)) / len(words)


def _is_plain(word: str) -> bool:
    return word[1:].islower() or word.isupper() or word[1:].isascii()


@dataclass(frozen=True)
class Decoded:
    """Texts, the encoding of most of them, and what was noted -> texts."""

    texts: list[str]
    encoding: str
    noted: dict[str, int]


def decode_texts(cells: Sequence[bytes], stated: Sequence[str]) -> Decoded | None:
    """Decode texts, each of which may be cut or damaged without spoiling the others.

    `stated` are encodings in the order of trust, the last of them UTF-8 where nothing else is known.
    Texts that are all UTF-8 are so whatever is stated. None if no encoding of `stated` fits most texts.

    Examples
    --------
    >>> cut = "Хребет".encode()[:-1]
    >>> decode_texts(["Холм".encode(), cut], ["utf-8"]).texts
    ['Холм', 'Хребе']
    """
    odd = [c for c in cells if not c.isascii()]
    if not odd:
        return Decoded([c.decode() for c in cells], UTF8, {})
    tried = list(dict.fromkeys(stated))
    if all(_is_utf8(c) for c in odd):
        tried.insert(0, UTF8)
    for name in tried:
        bad = [c for c in odd if not _fits(c, name)]
        if not bad or len(bad) * 10 <= len(odd) or (name == UTF8 and len(bad) * 2 < len(odd)):
            return _decode_each(cells, name, bad)
    return None


def _decode_each(cells: Sequence[bytes], name: str, bad: list[bytes]) -> Decoded:
    spare = guess_encoding(bad).name if bad and name == UTF8 else name
    texts, noted = [], {"cut": 0, "other": 0, "damaged": 0}
    for cell in cells:
        if _fits(cell, name):
            text = cell.decode(name, "strict" if name != UTF8 else "ignore")
            noted["cut"] += name == UTF8 and not _is_utf8(cell)
        else:
            text = cell.decode(spare, "replace")
            noted["damaged" if "\ufffd" in text else "other"] += 1
        texts.append(text)
    remarks = {
        "cut": "texts cut within a letter, which was dropped",
        "other": f"texts that are not {name}, read as {spare}",
        "damaged": "texts with bytes that are no letters, shown as \ufffd",
    }
    return Decoded(texts, name, {remarks[k]: n for k, n in noted.items() if n})


def _is_utf8(cell: bytes) -> bool:
    try:
        cell.decode(UTF8)
    except UnicodeDecodeError:
        return False
    return True


def _fits(cell: bytes, name: str) -> bool:
    """Return whether a text is of an encoding; of UTF-8 the last letter may be cut."""
    try:
        cell.decode(name)
    except UnicodeDecodeError as error:
        return name == UTF8 and error.reason == "unexpected end of data"
    return True
