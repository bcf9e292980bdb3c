from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geo_ree.catalog import Source
from geo_ree.deposits import join_layers, merge, normalize
from geo_ree.errors import SchemaError

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
    assert frame["precision_class"].tolist() == ["arc_second", "none", "half_degree"]
    assert frame["country"].tolist() == ["KAZ", "KGZ", "KAZ"]
    assert frame.geometry.isna().tolist() == [False, True, False]
    assert frame["position_error_m"][0] == 500.0
    assert got.rows_read == 3
    assert got.skipped == {}


@pytest.mark.parametrize(
    ("lat", "lon"), [("95", "70"), ("nan", "70"), ("45", "181"), ("45", "NA"), ("north", "70")]
)
def test_invalid_coordinates_name_file_row_and_hint(countries, lat, lon):
    raw = _raw(["1", "A", "45", "70", "Kazakhstan", ""], ["2", "B", lat, lon, "Kazakhstan", ""])
    with pytest.raises(
        SchemaError, match=r"mines \(mines.csv\) row 3: .*(lat|lon).* --skip-bad-rows"
    ):
        normalize(raw, _source(), countries)
    got = normalize(raw, _source(), countries, skip_bad_rows=True)
    assert got.frame["name"].tolist() == ["A"]
    assert sum(got.skipped.values()) == 1


def test_swapped_coordinates_are_refused(countries):
    countries.loc[0, "geometry"] = shapely.box(50, 45, 60, 49)
    swapped = _raw(["1", "Turned", "50.5", "48.0", "Kazakhstan", ""])
    with pytest.raises(
        SchemaError, match="row 2: .* with latitude and longitude swapped it is; swap them"
    ):
        normalize(swapped, _source(), countries)
    straight = _raw(["1", "Straight", "48.0", "50.5", "Kazakhstan", ""])
    assert normalize(straight, _source(), countries).frame["country"].tolist() == ["KAZ"]


def test_outside_the_scored_countries_ree_is_reference_and_others_are_skipped(countries):
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
    assert got.skipped == {
        "outside the region": 1,
        "outside the scored countries, not a rare-earth record": 1,
    }


def test_a_renamed_column_is_named_with_a_hint(countries):
    with pytest.raises(SchemaError, match="column 'site' is missing .* correct columns"):
        normalize(
            _raw(["1", "A", "45", "70", "", ""]).rename(columns={"site": "s"}), _source(), countries
        )


def test_no_rows_is_an_error(countries):
    with pytest.raises(SchemaError, match="mines has no rows"):
        normalize(_raw(), _source(), countries)


def test_one_id_for_two_records_names_both_rows(countries):
    raw = _raw(
        ["1", "A", "45", "70", "Kazakhstan", ""],
        ["2", "B", "45", "71", "Kazakhstan", ""],
        ["1", "C", "46", "70", "Kazakhstan", ""],
    )
    with pytest.raises(SchemaError, match=r"row 4: id '1' .* row 2.* --skip-bad-rows"):
        normalize(raw, _source(), countries)
    got = normalize(raw, _source(), countries, skip_bad_rows=True)
    assert got.frame["name"].tolist() == ["A", "B"]
    assert got.skipped == {"another record of the same id": 1}


def test_a_repeated_record_is_dropped_and_counted(countries):
    raw = _raw(
        ["1", "A", "45", "70", "Kazakhstan", ""],
        ["1", "A ", "45", "70", "Kazakhstan", ""],
        ["", "B", "45", "71", "Kazakhstan", ""],
        ["", "B", "45", "71", "Kazakhstan", ""],
    )
    got = normalize(raw.assign(remark=["one", "two", "", ""]), _source(), countries)
    assert got.frame["id"].tolist() == ["mines:1", "mines:row-4", "mines:row-5"]
    assert got.skipped == {"the same record again": 1}


def test_rows_of_several_pages_may_bear_the_same_numbers(countries):
    page = _raw(["", "A", "45", "70", "Kazakhstan", ""])
    raw = pd.concat([page, page.assign(site="B")])
    got = normalize(
        raw,
        _source(columns={k: v for k, v in ENTRY["columns"].items() if k != "native_id"}),
        countries,
    )
    assert got.frame["id"].tolist() == ["mines:1", "mines:2"]
    assert got.frame["name"].tolist() == ["A", "B"]


def test_every_row_is_accounted_for(countries):
    raw = _raw(
        ["1", "Kept", "45", "70", "Kazakhstan", ""],
        ["2", "Far", "-30", "-70", "Chile", ""],
        ["3", "Wrong", "95", "70", "Kazakhstan", ""],
        ["4", "Nowhere", "0", "0", "Kazakhstan", ""],
        ["5", "Abroad", "50", "110", "Mongolia", "gold"],
        ["5", "Abroad", "50", "110", "Mongolia", "gold"],
        ["5", "Other", "51", "110", "Mongolia", "gold"],
    )
    source = _source(nulls={})
    got = normalize(raw, source, countries, skip_bad_rows=True)
    assert got.rows_read == got.kept + sum(got.skipped.values()) == 7
    assert sorted(got.frame["name"]) == ["Kept", "Nowhere"]
    assert got.noted == {"place given as 0, 0": 1}
    assert got.frame.set_index("name").loc["Nowhere", "precision_class"] == "none"


def test_an_account_that_lacks_a_row_is_an_error(countries):
    got = normalize(_raw(["1", "A", "45", "70", "Kazakhstan", ""]), _source(), countries)
    with pytest.raises(ValueError, match="2 rows of the layer deposits are not accounted for"):
        replace(got, rows_read=3)


def test_texts_outside_a_vocabulary_count_as_unknown_and_are_listed(countries):
    source = _source(
        columns={**ENTRY["columns"], "kind": "type", "commodity_group": "land"},
        constants={"commodity_tier": "primary"},
        values={"role": {"*": "candidate"}, "commodity_group": {"Kazakhstan": "iron"}},
        words={"kind": "status"},
    )
    raw = _raw(
        ["1", "A", "45", "70", "Kazakhstan", "Past  producer"],
        ["2", "B", "45", "71", "Kazakhstan", "happy"],
        ["3", "C", "45", "72", "Kazakstan", ""],
    )
    got = normalize(raw, source, countries)
    assert got.frame["kind"].tolist() == ["mine", "unknown", "unknown"]
    assert got.frame["commodity_group"].tolist() == ["iron", "iron", "unknown"]
    assert got.unrecognised == {"kind": {"happy": 1}, "commodity_group": {"Kazakstan": 1}}


def test_texts_of_a_catch_all_unknown_are_listed(countries):
    source = _source(
        columns={**ENTRY["columns"], "kind": "type"},
        constants={"commodity_tier": "primary", "commodity_group": "iron"},
        values={"role": {"*": "candidate"}, "kind": {"pit": "mine", "*": "unknown"}},
    )
    raw = _raw(["1", "A", "45", "70", "", "pit"], ["2", "B", "45", "71", "", "hole"])
    got = normalize(raw, source, countries)
    assert got.frame["kind"].tolist() == ["mine", "unknown"]
    assert got.unrecognised == {"kind": {"hole": 1}}


def test_numbers_that_are_none_are_listed_and_those_beyond_the_limits_refused(countries):
    source = Source.model_validate(
        {
            **ENTRY,
            "layer": "facilities",
            "values": {},
            "constants": {"kind": "mine"},
            "columns": {"name": "site", "latitude": "lat", "longitude": "lon", "year": "no"},
        }
    )
    raw = _raw(
        ["2005", "A", "45", "70", "", ""],
        ["2003-2008", "B", "45", "71", "", ""],
        ["20", "C", "45", "72", "", ""],
    )
    with pytest.raises(SchemaError, match="row 4: year is 20, expected 1900 to 2100"):
        normalize(raw, source, countries)
    got = normalize(raw, source, countries, skip_bad_rows=True)
    assert got.frame["year"].fillna(0).tolist() == [2005, 0, 0]
    assert got.unrecognised == {"year": {"2003-2008": 1, "20": 1}}


def test_without_columns_the_file_bears_canonical_names(countries):
    source = _source(
        columns={}, values={}, constants={"commodity_group": "iron", "role": "context"}
    )
    raw = pd.DataFrame(
        {
            "native_id": ["7"],
            " name ": ["Made-up  Ridge"],
            "latitude": ["45"],
            "longitude": ["70"],
            "kind": ["mine"],
            "role": ["plant"],
            "colour": ["red"],
            "empty": [""],
        },
        index=[2],
    )
    got = normalize(raw, source, countries)
    row = got.frame.iloc[0]
    assert (row["id"], row["name"], row["kind"]) == ("mines:7", "Made-up Ridge", "mine")
    assert row["role"] == "context"
    assert got.unrecognised == {}  # a publisher has columns that the entry means to leave
    provided = source.model_copy(update={"protocol": "local"})
    unrecognised = normalize(raw, provided, countries).unrecognised
    assert unrecognised == {"columns": {"colour": 1, "empty": 0}}


def test_a_file_in_canonical_form_overrides_the_rule(countries):
    source = _source(
        columns={}, values={}, constants={}, protocol="local", commodities={"main": ["commodities"]}
    )
    raw = pd.DataFrame(
        {
            "native_id": ["1", "2", "3"],
            "name": ["A", "B", "C"],
            "latitude": ["45"] * 3,
            "longitude": ["70", "71", "72"],
            "kind": ["deposit", "deposit", "plant"],
            "commodities": ["Cerium", "Cerium", "Iron"],
            "role": ["reference", "", ""],
            "commodity_group": ["rare_metal", "", "unknown"],
        },
        index=[2, 3, 4],
    )
    frame = normalize(raw, source, countries).frame
    assert frame["role"].tolist() == ["reference", "candidate", "plant"]
    assert frame["commodity_group"].tolist() == ["rare_metal", "rare_earth", "iron"]
    assert frame["commodities"].tolist() == ["Ce", "Ce", "Fe"]
    assert frame["commodity_tier"].fillna("").tolist() == ["primary", "primary", ""]


def test_cyrillic_names_are_kept_beside_their_transliteration(countries):
    raw = _raw(
        ["1", "Выдуманный хребет", "45", "70", "Казахстан", ""],
        ["2", "Made-up Ridge", "45", "71", "Kazakhstan", ""],
    )
    got = normalize(raw, _source(), countries).frame
    assert got["name"].tolist() == ["Vydumannyy khrebet", "Made-up Ridge"]
    assert got["name_local"].fillna("").tolist() == ["Выдуманный хребет", ""]
    assert got["country"].tolist() == ["KAZ", "KAZ"]
    towns = Source.model_validate(
        {
            **ENTRY,
            "layer": "settlements",
            "values": {},
            "constants": {"kind": "town"},
            "columns": {"name": "site", "latitude": "lat", "longitude": "lon"},
        }
    )
    assert normalize(raw, towns, countries).frame["name"][0] == "Выдуманный хребет"


def test_a_works_filed_like_a_deposit_is_recognised_by_its_name(countries):
    source = _source(
        columns={**{k: v for k, v in ENTRY["columns"].items() if k != "role"}},
        constants={"kind": "mine"},
        values={},
        plant_columns=["site"],
        commodities={"main": ["type"]},
    )
    raw = _raw(
        ["1", "Made-up Smelter", "45", "70", "", "Cerium"],
        ["2", "Made-up Mine", "45", "71", "", "Cerium"],
    )
    frame = normalize(raw, source, countries).frame
    assert frame["kind"].tolist() == ["plant", "mine"]
    assert frame["role"].tolist() == ["plant", "candidate"]


def test_abroad_a_works_without_rare_earths_is_skipped(countries):
    source = _source(constants={"commodity_group": "iron", "kind": "plant"})
    raw = _raw(["1", "Works", "50", "110", "Russia", "plant"])
    got = normalize(raw, source, countries)
    assert got.frame.empty
    assert sum(got.skipped.values()) == 1


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


def test_the_pieces_of_a_line_count_as_one_row(countries):
    entry = {
        **ENTRY,
        "layer": "railways",
        "columns": {},
        "values": {},
        "precision": {},
        "constants": {"kind": "rail"},
    }
    lines = [
        shapely.LineString([(75, 42), (75, 45)]),
        shapely.LineString([(95, 50), (95, 50)]),
        shapely.LineString([(-75, 42), (-75, 45)]),
    ]
    raw = gpd.GeoDataFrame({"scale": [1, 2, 3]}, geometry=lines, crs=4326)
    got = normalize(raw, Source.model_validate(entry), countries)
    assert len(got.frame) == 2
    assert (got.rows_read, got.kept) == (3, 1)
    assert got.skipped == {"outside the region": 1, "a line without length": 1}


def test_layers_without_rows_are_left_out_of_the_join(countries):
    got = normalize(_raw(["1", "Far", "-30", "-70", "Chile", ""]), _source(), countries)
    assert join_layers([got]) == {}
    full = normalize(_raw(["2", "A", "45", "70", "Kazakhstan", ""]), _source(), countries)
    assert len(join_layers([got, full])["deposits"]) == 1


def test_a_deposit_is_one_row_that_names_its_other_records(countries):
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
    deposits = merge(join_layers([one, two])["deposits"]).deposits
    assert deposits["name"].tolist() == ["Kutessay II", "Else"]
    assert deposits["sources"].tolist() == [
        "curated:1;mines:9",
        "mines:10",
    ]  # other:4 is not at hand
    assert deposits["same_as"].iloc[0] == "mines:9;other:4"
