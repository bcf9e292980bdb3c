"""What the names of a record name: the deposit itself, and the district or group it belongs to.

Tables file deposits under the group of mines they belong to ("Dzhezkazgan Group Of Mines.", alias
"Shalgiya"), or name the group beside the deposit ("Shipisai Mine", alias "Dzhezkazgan Group"). The
name of the group says where the deposit belongs, not which one it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from geo_ree.deposits.names import NameForm, name_forms, skeleton, split_names
from geo_ree.deposits.similarity import THRESHOLDS


@dataclass(frozen=True)
class RecordNames:
    """The names of one record.

    ``name`` is the deposit's own name, None for the name as it stands; ``forms`` the forms to
    compare, without those of districts; ``districts`` the names of districts and groups of other
    names than the deposit's.
    """

    name: str | None
    forms: tuple[NameForm, ...]
    districts: tuple[str, ...]


@lru_cache(maxsize=400_000)
def read_record_names(name: object, *aliases: object) -> RecordNames:
    """Tell the names of the deposit from those of its district.

    A group named beside a deposit of another name is its district. A record named for a group, with
    a single deposit of another name among its aliases, is about that deposit; with several it is
    about the group.

    Examples
    --------
    >>> read_record_names("Dzhezkazgan Group Of Mines.", "Shalgiya").name
    'Shalgiya'
    >>> read_record_names("Shipisai Mine", "Dzhezkazgan Group, Shipisai").districts
    ('Dzhezkazgan Group',)
    >>> read_record_names("Almalyk Complex", "Sary-Cheku, Dalnee").name is None
    True
    """
    forms = name_forms(name, *aliases)
    if not any(form.group for form in forms):
        return RecordNames(None, forms, ())
    own = [form for form in forms if form.main and form.stem and not form.group]
    replaced = None
    if not own:
        groups = [form for form in forms if form.main and form.stem]
        others = [f for f in forms if not f.main and not f.group and not _is_alike(f, groups)]
        if len({form.stem for form in others if form.stem}) != 1:
            return RecordNames(None, forms, ())
        own = others
        replaced = next(t for text in aliases for t in split_names(text) if _reads(t, others[0]))
    of_district = {form for form in forms if form.group and form.stem and not _is_alike(form, own)}
    texts = [t for text in (name, *aliases) for t in split_names(text)]
    districts = [t for t in texts if any(_reads(t, form) for form in of_district)]
    kept = tuple(form for form in forms if form not in of_district)
    return RecordNames(replaced, kept, tuple(dict.fromkeys(districts)))


def _reads(text: str, form: NameForm) -> bool:
    return any(f.stem == form.stem and f.group == form.group for f in name_forms(text))


def _is_alike(form: NameForm, others: Sequence[NameForm]) -> bool:
    """Whether a word of a name is a word of one of the others in another spelling."""
    own = (*form.words, form.stem)
    return any(
        skeleton(x) == skeleton(y) or fuzz.ratio(x, y) >= 100.0 * THRESHOLDS["likeness"]
        for other in others
        for x in own
        for y in (*other.words, other.stem)
    )
