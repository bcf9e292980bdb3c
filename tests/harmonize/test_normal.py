import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geo_ree.catalog import Source
from geo_ree.errors import SchemaError
from geo_ree.harmonize import join_layers, normalize

ENTRY = {
    "id": "mines",
    "title": "A table of mines",
    "label": "mines 2020",
    "publisher": "A survey",
    "country": "region",
    "layer": "deposits",
    "protocol": "archive",
    "url": "https://survey.example/mines.zip",
    "licence": "public domain",
    "attribution": "A survey",
    "edition": "2020",
    "reader": {"member": "mines.csv"},
    "columns": {
        "native_id": "no",
        "name": "site",
        "latitude": "lat",
        "longitude": "lon",
        "country_reported": "land",
        "role": "type",
    },
    "constants": {"commodity_group": "rare_earth", "commodity_tier": "primary", "kind": "deposit"},
    "values": {"role": {"plant": "plant", "gold": "context", "*": "candidate"}},
    "nulls": {"*": ["NA"], "lat": ["0"]},
    "precision": {"rule": "decimals"},
}
COLUMNS = ["no", "site", "lat", "lon", "land", "type"]


def _raw(*rows):
    table = pd.DataFrame(rows, columns=COLUMNS)
    table.index = pd.RangeIndex(2, 2 + len(rows), name="row")
    return table


def _source(**changes):
    return Source.model_validate({**ENTRY, **changes})


def test_a_table_becomes_its_layer(countries):
    got = normalize(
        _raw(
            ["1", "Kundybai", "51.993611", "60.830278", "Kazakhstan", "crust"],
            ["2", "Nowhere", "NA", "NA", "Kyrgyzstan", "crust"],
            ["3", "Works", "45.5", "70.5", "Kazakhstan", "plant"],
        ),
        _source(),
        countries,
    )
    frame = got.frame
    assert frame["id"].tolist() == ["mines:1", "mines:2", "mines:3"]
    assert frame["role"].tolist() == ["candidate", "candidate", "plant"]
    assert frame["precision_class"].tolist() == ["arc_second", "none", "tenth_degree"]
    assert frame["country"].tolist() == ["KAZ", "KGZ", "KAZ"]
    assert frame.geometry.isna().tolist() == [False, True, False]
    assert frame["position_error_m"][0] == 500.0
    assert got.rows_read == 3
    assert got.set_aside == {}


@pytest.mark.parametrize(
    ("lat", "lon"), [("95", "70"), ("nan", "70"), ("45", "181"), ("45", "NA"), ("north", "70")]
)
def test_senseless_coordinates_name_file_row_and_cure(countries, lat, lon):
    raw = _raw(["1", "A", "45", "70", "Kazakhstan", ""], ["2", "B", lat, lon, "Kazakhstan", ""])
    with pytest.raises(
        SchemaError, match=r"mines \(mines.csv\) row 3: latitude .* --skip-bad-rows"
    ):
        normalize(raw, _source(), countries)
    got = normalize(raw, _source(), countries, skip_bad_rows=True)
    assert got.frame["name"].tolist() == ["A"]
    assert sum(got.set_aside.values()) == 1


def test_swapped_coordinates_are_told(countries):
    countries.loc[0, "geometry"] = shapely.box(50, 45, 60, 49)
    swapped = _raw(["1", "Turned", "50.5", "48.0", "Kazakhstan", ""])
    with pytest.raises(SchemaError, match="row 2: .* with the two swapped it is; swap them"):
        normalize(swapped, _source(), countries)
    straight = _raw(["1", "Straight", "48.0", "50.5", "Kazakhstan", ""])
    assert normalize(straight, _source(), countries).frame["country"].tolist() == ["KAZ"]


def test_outside_the_scored_countries_ree_is_reference_and_others_are_set_aside(countries):
    china = pd.concat(
        [countries, countries.iloc[:1].assign(id="c:CHN", name="China", country="CHN")]
    )
    china = china.reset_index(drop=True)
    china.loc[2, "geometry"] = shapely.box(90, 40, 119, 45)
    got = normalize(
        _raw(
            ["1", "Bayan Obo", "41.75", "109.97", "China", ""],
            ["2", "Gold", "41.75", "100.5", "China", "gold"],
            ["3", "Mountain Pass", "35.48", "-115.53", "United States", ""],
        ),
        _source(),
        china,
    )
    assert got.frame["role"].tolist() == ["reference"]
    assert got.set_aside == {
        "outside the region": 1,
        "outside the scored countries, not a rare-earth record": 1,
    }


def test_a_renamed_column_is_named_with_the_cure(countries):
    with pytest.raises(SchemaError, match="column 'site' is missing .* correct columns"):
        normalize(_raw(["1", "A", "45", "70", "", ""]).rename(columns={"site": "s"}), _source(),
                  countries)  # fmt: skip


def test_no_rows_is_an_error(countries):
    with pytest.raises(SchemaError, match="mines has no rows"):
        normalize(_raw(), _source(), countries)


def test_ids_used_twice_are_named(countries):
    raw = _raw(["1", "A", "45", "70", "", ""], ["1", "B", "46", "70", "", ""])
    with pytest.raises(SchemaError, match="row 2: id 'mines:1' is used twice"):
        normalize(raw, _source(), countries)


def test_lines_are_cut_at_borders_and_get_their_country(countries):
    entry = {
        **ENTRY,
        "layer": "railways",
        "columns": {},
        "values": {},
        "constants": {"kind": "rail", "lateral_error_km": 1.0},
        "precision": {},
    }
    raw = gpd.GeoDataFrame(
        {"scale": [3]}, geometry=[shapely.LineString([(75, 42), (75, 45)])], crs=4326
    )
    frame = normalize(raw, Source.model_validate(entry), countries).frame
    assert sorted(frame["country"]) == ["KAZ", "KGZ"]
    assert frame["lateral_error_km"].tolist() == [1.0, 1.0]


def test_the_same_deposit_stands_once_and_names_its_other_records(countries):
    curated = _source(id="curated", columns={**ENTRY["columns"], "same_as": "same"})
    raw = _raw(["1", "Kutessay II", "43.5", "76.12", "Kazakhstan", ""])
    one = normalize(raw.assign(same="mines:9;other:4"), curated, countries)
    two = normalize(
        _raw(
            ["9", "Kutessai", "43.6", "76.2", "Kazakhstan", ""],
            ["10", "Else", "44.6", "76.2", "Kazakhstan", ""],
        ),
        _source(),
        countries,
    )
    deposits = join_layers([one, two])["deposits"]
    assert deposits["name"].tolist() == ["Kutessay II", "Else"]
    assert deposits["sources"].tolist() == ["curated:1;mines:9;other:4", "mines:10"]
