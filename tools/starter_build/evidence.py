"""What else was published about where the deposits are: distances, and further positions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from geo_ree.crs import distance_m
from starter_build.positions import ANOTHER_RECORD, PAIR, precision_class
from starter_build.product import Product, read_csv, sha256, slug, write_csv

GEONAMES = {
    "Zharyk": "1516678",
    "Karaganda": "609655",
    "Agadyr": "1526274",
    "Kemin": "1528606",
    "Bishkek": "1528675",
    "Arkalyk": "1526193",
    "Astana": "1526273",
    "Karkaraly": "1519934",
    "Dalanzadgad": "2032007",
    "Ulaanbaatar": "2028462",
}
"""Place in a statement -> its id in GeoNames; all are in ``settlements.csv``."""


@dataclass(frozen=True)
class Statement:
    """A distance that a row of the deposits facts tells in words.

    Parameters
    ----------
    deposit
        Name of the row.
    words
        The words, as they stand in its ``admin_area`` or ``notes``.
    relation, km, direction, place
        What they say.
    source
        The publication that the row names for them; blank for the row's own sources.
    note
        Remark.
    """

    deposit: str
    words: str
    relation: str
    km: str
    direction: str = ""
    place: str = ""
    source: str = ""
    note: str = ""


_STANS = "Stans 2009 / Northern Miner, as noted in the table of deposits"

STATEMENTS = (
    Statement(
        "Kutessay II",
        "Rail 43-48 km",
        "rail",
        "48",
        source=_STANS,
        note="the larger figure; the station is not named, so it is not used",
    ),
    Statement(
        "Kutessay II", "paved road 140 km from Bishkek", "road", "140", "", "Bishkek", source=_STANS
    ),
    Statement("Akbulak", "35 km SW of Arkalyk", "sector", "35", "SW", "Arkalyk"),
    Statement("Kuirektykol", "300 km SE of Astana", "sector", "300", "SE", "Astana"),
    Statement(
        "Kuirektykol",
        "100 km NE of Karkaraly",
        "sector",
        "100",
        "NE",
        "Karkaraly",
        note="no place is both this and 300 km SE of Astana",
    ),
    Statement("Zhana Kazakhstan", "~420 km from Astana", "unstated", "420", "", "Astana"),
    Statement("Khotgor", "~65 km N of Dalanzadgad", "sector", "65", "N", "Dalanzadgad"),
    Statement("Khotgor", "530 km SSW of Ulaanbaatar", "sector", "530", "SSW", "Ulaanbaatar"),
)
"""All distances to a named place, or along a railway, in the words of facts/deposits.csv."""

CHECKED = {
    "D01a": ("usgs_major_deposits:1485", "Zharyk", "the station: the town of that name"),
    "D01b": ("usgs_major_deposits:1485", "Karaganda", ""),
    "D01c": ("usgs_major_deposits:1485", "Agadyr", ""),
    "D03a": ("", "Kemin", "the station: the town; this granite is in no table of deposits"),
}
"""Row of facts/check_figures.csv -> deposit, place, remark."""

KAIRAKTY = (
    ("48.35", "73.20", "hundredth_degree", "USGS MRDS dep_id 10055813, as Verchne Kajrakty"),
    ("48.45", "73.20", "hundredth_degree", "USGS MRDS dep_id 10206986, as Verkhne-Kayraktin"),
    ("48.406", "73.089", "hundredth_degree", "a table of tungsten deposits, its name not found"),
)
"""Further positions of Upper Kairakty, which is a row of OFR 2005-1294 (gid 1485) only."""


def build_published_distances(facts: Path, out: Path) -> Product:
    """Write ``published_distances.csv``; the places are taken from ``settlements.csv`` in `out`."""
    places = {r["native_id"]: r for r in read_csv(out / "settlements.csv")}
    rows = [*_checked(facts, places), *_told(facts, places)]
    write_csv(out / "published_distances.csv", rows)
    relations = Counter(r["relation"] for r in rows)
    blank = [r for r in rows if not r["from_latitude"]]
    return Product(
        file="published_distances.csv",
        source_id="starter_published_distances",
        rows=len(rows),
        built_from={
            f"facts/{n}": "sha256 " + sha256(facts / n)
            for n in ("check_figures.csv", "deposits.csv")
        },
        took={f"distances of relation {name}": n for name, n in sorted(relations.items())},
        derived={
            "places with a coordinate from GeoNames": len(rows) - len(blank),
            "rows without a place, kept but not used": len(blank),
        },
        remarks=tuple(f"{r['native_id']}: no place, not used" for r in blank),
    )


def _checked(facts: Path, places: Mapping[str, Mapping[str, str]]) -> Iterator[dict[str, str]]:
    for row in read_csv(facts / "check_figures.csv"):
        if row["id"] in CHECKED:
            deposit, place, note = CHECKED[row["id"]]
            yield _distance(
                row["id"].lower(),
                deposit,
                row["from"],
                row["mode"],
                row["published_km"],
                "",
                place,
                places,
                row["source"],
                note,
            )
        elif row["id"].startswith("D"):
            raise ValueError(f"check figure {row['id']} is about a deposit: enter it in CHECKED")


def _told(facts: Path, places: Mapping[str, Mapping[str, str]]) -> Iterator[dict[str, str]]:
    deposits = {r["name"]: r for r in read_csv(facts / "deposits.csv")}
    counter: Counter[str] = Counter()
    for statement in STATEMENTS:
        row = deposits[statement.deposit]
        if statement.words not in f"{row['admin_area']} {row['notes']}":
            raise ValueError(f"{statement.deposit}: the facts no longer say {statement.words!r}")
        counter[statement.deposit] += 1
        deposit = slug(statement.deposit)
        note = "; ".join(n for n in (f"in words: {statement.words}", statement.note) if n)
        yield _distance(
            f"{deposit}-{counter[statement.deposit]}",
            f"starter_deposits:{deposit}",
            statement.deposit,
            statement.relation,
            statement.km,
            statement.direction,
            statement.place,
            places,
            statement.source or row["source"],
            note,
        )


def _distance(
    native: str,
    deposit: str,
    name: str,
    relation: str,
    km: str,
    direction: str,
    place: str,
    places: Mapping[str, Mapping[str, str]],
    source: str,
    note: str,
) -> dict[str, str]:
    town = places[GEONAMES[place]] if place else None
    return {
        "native_id": native,
        "deposit_id": deposit,
        "deposit_name": name,
        "relation": relation,
        "distance_km": km,
        "direction": direction,
        "from_place": place,
        "from_latitude": town["latitude"] if town else "",
        "from_longitude": town["longitude"] if town else "",
        "place_source": f"GeoNames {GEONAMES[place]} ({town['name']})" if town else "",
        "tolerance_km": "",
        "source": source,
        "notes": note,
    }


def build_positions(facts: Path, out: Path) -> Product:
    """Write ``positions.csv``: what other publications give for the deposits of the facts."""
    rows: list[dict[str, str]] = []
    remarks: list[str] = []
    for row in read_csv(facts / "deposits.csv"):
        rows += _alternates(row, remarks)
    for number, (latitude, longitude, chosen, source) in enumerate(KAIRAKTY, start=1):
        rows.append(
            _position(
                f"upper-kairakty-{number}",
                "usgs_major_deposits:1485",
                latitude,
                longitude,
                chosen,
                "",
                source,
                "",
            )
        )
    write_csv(out / "positions.csv", rows)
    classes = Counter(r["precision_class"] for r in rows)
    return Product(
        file="positions.csv",
        source_id="starter_positions",
        rows=len(rows),
        built_from={"facts/deposits.csv": "sha256 " + sha256(facts / "deposits.csv")},
        took={f"positions of class {name}": n for name, n in sorted(classes.items())},
        dropped={"coordinates of another deposit or record": len(remarks)},
        derived={
            "positions that the facts mark as not to be used": sum(bool(r["doubt"]) for r in rows)
        },
        remarks=tuple(remarks),
    )


def _alternates(row: dict[str, str], remarks: list[str]) -> list[dict[str, str]]:
    found = [(*m.groups(""),) for m in PAIR.finditer(row["alt_coords"])]
    quality = row["coord_quality"]
    beside = [(m[1], m[2], f"({quality})") for m in PAIR.finditer(quality)]
    found += [b for b in beside if not any(_near(b, f) for f in found)]
    deposit, out = slug(row["name"]), []
    for latitude, longitude, statement in found:
        source = re.sub(r"^\(|\)$", "", statement)
        caveat = "do not use" in source
        if not caveat and any(mark in source for mark in ANOTHER_RECORD):
            remarks.append(f"{row['name']}: {latitude}, {longitude} left out ({source})")
            continue
        out.append(
            _position(
                f"{deposit}-{len(out) + 1}",
                f"starter_deposits:{deposit}",
                latitude,
                longitude,
                _class(source, latitude, longitude),
                "marked: do not use" if caveat else "",
                source,
                "printed as degrees and minutes" if "DMS" in source else "",
            )
        )
    return out


def _class(source: str, latitude: str, longitude: str) -> str:
    if "licence" in source or re.search(r"\b[MX]V-\d+", source):
        return "licence"
    if "glacier" in source:
        return "named_place"
    return precision_class("", source, latitude, longitude)[0]


def _near(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    a, b, c, d = (float(t) for t in (*one[:2], *other[:2]))
    return float(distance_m([b], [a], [d], [c])[0]) < 500.0


def _position(
    native: str,
    deposit: str,
    latitude: str,
    longitude: str,
    chosen: str,
    caveat: str,
    source: str,
    notes: str,
) -> dict[str, str]:
    return {
        "native_id": native,
        "deposit_id": deposit,
        "latitude": latitude,
        "longitude": longitude,
        "precision_class": chosen,
        "doubt": caveat,
        "source": source,
        "notes": notes,
    }
