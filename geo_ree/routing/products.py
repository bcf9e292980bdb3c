"""What a deposit ships: the product follows the minerals that its sources name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd

from geo_ree.deposits import contained_oxide, ore_classes, oxide_grade
from geo_ree.errors import RouteError
from geo_ree.routing.facts_tables import read_facts
from geo_ree.routing.ranges import Range

PRODUCTS = ("concentrate", "carbonate", "separated")
"""Products that a mine can ship."""

_REAGENTS = {
    "concentrate": ("concentrate_reagents",),
    "carbonate": ("acid", "soda_ash"),
    "separated": ("acid", "soda_ash", "separation_reagents"),
}


@dataclass(frozen=True, kw_only=True)
class Product:
    """What one deposit ships, and why.

    Parameters
    ----------
    mineral_class
        A row of ``facts/process.csv``; ``unknown`` where no source names a mineral that decides.
    product
        One of `PRODUCTS`.
    grade
        Per cent TREO of the product.
    reagents
        Names of the unit costs that say what is hauled in.
    milled
        Whether the ore is ground (clays are not).
    mixes, payable
        Keys of ``facts/mixes.csv`` and ``facts/payability.csv``.
    recovery
        Published range, per cent, or None.
    class7
        ``likely``, ``possible``, ``low`` or ``unknown``: whether the product has 10 Bq/g or more.
    notes, assumed
        For the reader.
    year, source
        Of the row of ``facts/process.csv``.
    """

    mineral_class: str
    product: str
    grade: Range
    reagents: tuple[str, ...]
    milled: bool
    mixes: tuple[str, ...]
    payable: str
    recovery: tuple[float, float] | None
    class7: str
    notes: tuple[str, ...]
    assumed: tuple[str, ...]
    year: str
    source: str


def choose_products(
    deposits: pd.DataFrame, product: str | None, costs: Mapping[str, Range]
) -> list[Product]:
    """Choose the product of each deposit.

    Parameters
    ----------
    deposits
        With ``id``, and any of ``country``, ``commodities``, ``minerals``, ``deposit_type``,
        ``ore_type``, ``ree_class`` and ``actinides``.
    product
        One of `PRODUCTS` for all, or None: as the minerals and the country's export rule say.
    costs
        From `unit_costs`.

    Returns
    -------
    list of Product
        In the order of `deposits`.

    Raises
    ------
    RouteError
        For an unknown product.

    Notes
    -----
    The first mineral that ``facts/process.csv`` knows decides, because sources name the chief
    mineral first; a deposit that the table names and an ore type that it names come before. A class
    without a commercial flowsheet is cracked at the mine, because nobody buys its concentrate.

    Examples
    --------
    >>> from geo_ree.routing.ranges import unit_costs
    >>> sites = pd.DataFrame({"id": ["x:1", "x:2"], "minerals": ["bastnasite; apatite", None]})
    >>> [(p.mineral_class, p.product) for p in choose_products(sites, None, unit_costs())]
    [('bastnaesite', 'concentrate'), ('unknown', 'concentrate')]
    """
    if product is not None and product not in PRODUCTS:
        raise RouteError(f"{product!r} is no product", f"use one of {', '.join(PRODUCTS)}")
    sites = deposits.assign(
        **{n: c for n, c in ore_classes(deposits).items() if n not in deposits}  # type: ignore[arg-type]
    )
    return [_choose(site, product, costs) for site in sites.to_dict("records")]


def flowsheet_states(deposits: pd.DataFrame) -> pd.DataFrame:
    """Say how far a process for the chief minerals of deposits has got.

    Parameters
    ----------
    deposits
        As for `choose_products`.

    Returns
    -------
    pandas.DataFrame
        On the index of `deposits`: ``mineral_class``, a row of ``facts/process.csv``, and
        ``flowsheet_state``: ``commercial``, ``pilot`` or ``none``; None where no source names a mineral
        that decides.

    Examples
    --------
    >>> sites = pd.DataFrame({"id": ["x:1", "x:2"], "minerals": ["britholite; apatite", None]})
    >>> flowsheet_states(sites)["flowsheet_state"].tolist()
    ['none', None]
    """
    names = ("id", "minerals", "ore_type")
    blank = pd.Series(None, index=deposits.index, dtype=object)
    columns = [deposits.get(name, blank).astype(object) for name in names]
    rows = [_class_of(dict(zip(names, cells, strict=True))) for cells in zip(*columns, strict=True)]
    known = [row["mineral_class"] != "unknown" for row in rows]
    out = {
        "mineral_class": [
            row["mineral_class"] if k else None for row, k in zip(rows, known, strict=True)
        ],
        "flowsheet_state": [
            row["flowsheet"] if k else None for row, k in zip(rows, known, strict=True)
        ],
    }
    return pd.DataFrame(out, index=deposits.index, dtype=object)


def published_oxide(site: Mapping[Any, Any]) -> tuple[float | None, str]:
    """Return the contained oxide that was published for a deposit, and what is to be said of it.

    Parameters
    ----------
    site
        With ``stated_quantity_t``, ``stated_substance``, ``stated_grade``, ``stated_grade_pct``,
        ``stated_system`` and ``stated_year``: the leading statement, see `stated_quantities`.

    Returns
    -------
    tuple of float or None, and str
        Tonnes: the oxide stated, ore x grade where the grade is one of oxide, the metal stated as a
        lower limit. None where nothing is stated, or not of what.

    Examples
    --------
    >>> published_oxide({"stated_quantity_t": 42980.0, "stated_substance": "oxide",
    ...                  "stated_system": "JORC", "stated_year": 2011})
    (42980.0, '42,980 t of oxide published (JORC, 2011)')
    >>> published_oxide({})
    (None, 'no quantity published: no USD per t TREO')
    """
    quantity, substance = site.get("stated_quantity_t"), site.get("stated_substance")
    if quantity is None or pd.isna(quantity):
        return None, "no quantity published: no USD per t TREO"
    words = [site.get(name) for name in ("stated_system", "stated_year")]
    system, year = (str(word) if word is not None and pd.notna(word) else "" for word in words)
    said = system if not year or year in system else f"{system}, {year}".strip(", ")
    oxide, figure = contained_oxide(_statement(site))
    if figure == "published":
        return oxide, f"{oxide:,.0f} t of oxide published ({said})"
    if figure == "computed":
        grade = published_grade(site)
        return (
            oxide,
            f"{oxide:,.0f} t of oxide, from {quantity:,.0f} t of ore at {grade:g} % ({said})",
        )
    if substance == "metal":
        return float(
            quantity
        ), f"{quantity:,.0f} t of metal published ({said}): at least as much oxide"
    return None, f"{quantity:,.0f} t published, of what is unclear ({said}): no USD per t TREO"


def published_grade(site: Mapping[Any, Any]) -> float | None:
    """Return the grade of the leading statement, per cent of oxide, None where it is not known."""
    grade = oxide_grade(_statement(site))
    if grade is not None or site.get("stated_substance") != "oxide":
        return grade
    stated = site.get("stated_grade_pct")
    return float(stated) if stated is not None and pd.notna(stated) and stated > 0 else None


def _statement(site: Mapping[Any, Any]) -> dict[str, Any]:
    """The leading statement of a deposit as a row of the layer ``resources``."""
    names = {"grade_text": "stated_grade", "grade_pct": "stated_grade_pct"}
    names |= {name: f"stated_{name}" for name in ("substance", "quantity_t")}
    return {name: site.get(column) for name, column in names.items()}


@lru_cache
def _rows(table: str) -> list[dict[Any, Any]]:
    return read_facts(table).to_dict("records")


def _choose(site: Mapping[Any, Any], asked: str | None, costs: Mapping[str, Range]) -> Product:
    row = _class_of(site)
    kind, notes = _kind_of(site, row, asked)
    assumed = ["product"] if asked is None and row["basis"] != "published" else []
    if row["mineral_class"] == "unknown":
        notes.append("no source names a mineral that decides the product: a wide range")
    if row["flowsheet"] != "commercial" and row["mineral_class"] != "unknown":
        words = {
            "none": "no commercial flowsheet",
            "pilot": "flowsheet proven in a pilot plant only",
        }
        notes.append(f"{row['mineral_class'].replace('_', ' ')}: {words[row['flowsheet']]}")
    class7 = _class7_of(site, row, kind)
    if class7 in ("likely", "possible"):
        rates = "rates that exclude dangerous goods, as T055 Tashkent-Derince, do not apply"
        if class7 == "possible":
            rates = "hauled at the common rates, of which those of T055 Tashkent-Derince would not apply"
        notes.append(f"Class 7 freight (10 Bq/g) {class7} by mineralogy: {rates}")
        notes.append("the surcharge was not found")
        assumed.append("class7 surcharge not included")
    low, high = row["recovery_low_pct"], row["recovery_high_pct"]
    return Product(
        mineral_class=row["mineral_class"],
        product=kind,
        grade=_grade_of(row, kind, costs),
        reagents=tuple(row["reagents"].split(";")) if kind == row["product"] else _REAGENTS[kind],
        milled=row["mill"] == "yes",
        mixes=_mixes_of(site, row),
        payable=row["payable"] if kind == row["product"] else kind,
        recovery=None if pd.isna(low) else (float(low), float(high)),
        class7=class7,
        notes=tuple(notes),
        assumed=tuple(assumed),
        year=row["year"],
        source=row["source"],
    )


def _class_of(site: Mapping[Any, Any]) -> Mapping[Any, Any]:
    words = {
        n: v if isinstance(v := site.get(n), str) else "" for n in ("id", "minerals", "ore_type")
    }
    found: list[tuple[int, int]] = []
    for number, row in enumerate(_rows("process")):
        if words["id"] and words["id"] in row["deposits"].split(";"):
            return row
        types = set(row["ore_types"].split(";")) - {""}
        if types & set(words["ore_type"].split(";")):
            return row
        patterns = [p for p in row["minerals"].split(" & ") if p]
        hits = [re.search(p, words["minerals"], re.IGNORECASE) for p in patterns]
        if hits and all(hits):
            found.append((min(h.start() for h in hits if h), number))
    return _rows("process")[min(found)[1] if found else -1]


def _kind_of(
    site: Mapping[Any, Any], row: Mapping[Any, Any], asked: str | None
) -> tuple[str, list[str]]:
    """Return the product and what is to be said of it."""
    if asked is not None:
        return asked, []
    for rule in _rows("export_rules"):
        named = set(rule["deposits"].split(";")) - {""}
        here = site.get("country") == rule["country"] and (not named or site.get("id") in named)
        if here and row["product"] == "concentrate":
            text = f"{rule['country']}: {rule['note']} ({rule['since']}, {rule['source']})"
            return str(rule["product"]), [text]
    return str(row["product"]), []


def _grade_of(row: Mapping[Any, Any], kind: str, costs: Mapping[str, Range]) -> Range:
    if kind != "concentrate":
        return costs[f"{kind}_grade"]
    at = row if pd.notna(row["grade_mid"]) else _rows("process")[-1]
    return Range(
        name=f"grade_{at['mineral_class']}",
        p10=float(at["grade_low"]),
        p50=float(at["grade_mid"]),
        p90=float(at["grade_high"]),
        unit="% TREO",
        year=at["year"],
        source=at["source"],
        basis=at["basis"],
    )


def _mixes_of(site: Mapping[Any, Any], row: Mapping[Any, Any]) -> tuple[str, ...]:
    mixes = tuple(row["mixes"].split(";"))
    heavy = "heavy" in str(site.get("ree_class") or "")
    return (*mixes, "xenotime") if heavy and not {"xenotime", "ion_clay"} & set(mixes) else mixes


def _class7_of(site: Mapping[Any, Any], row: Mapping[Any, Any], kind: str) -> str:
    if kind != "concentrate":
        return "low"
    return "likely" if isinstance(site.get("actinides"), str) else str(row["class7"])
