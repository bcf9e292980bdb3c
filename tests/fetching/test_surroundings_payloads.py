"""Sources of red flags: small payloads in the publishers' formats, from loopback to the measured columns."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from geo_ree import run
from geo_ree.catalog import load_catalog
from geo_ree.crs import distance_m
from geo_ree.deposits import normalize
from geo_ree.errors import FetchError
from geo_ree.fetching import fetch_snapshot, read
from geo_ree.fetching.monthly_files import monthly_addresses
from geo_ree.maps.feature_groups import tailings
from geo_ree.pipeline.elevation import find_rasters
from geo_ree.pipeline.fetching import fetch
from geo_ree.pipeline.layers import read_layers
from geo_ree.pipeline.site_rasters import site_columns
from geo_ree.proximity import measure_surroundings
from geo_ree.settings import Options
from geo_ree.studies.visits.plan import _tailings_near

CATALOG = load_catalog()
PLACE = (76.12, 42.86)
POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
)


def pack(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def path_of(source_id, url=""):
    return "/" + (url or CATALOG[source_id].url).removeprefix("https://")


def deposits(*points, country="KGZ"):
    return gpd.GeoDataFrame(
        {"country": [country] * len(points)},
        geometry=gpd.points_from_xy(*zip(*points, strict=True)),
        crs=4326,
    )


@pytest.fixture
def unpinned(tmp_path):
    """The catalogue without the checksum of the faults, which no small payload has."""
    path = tmp_path / "unpinned.toml"
    path.write_text(
        '[[source]]\nid = "gem_active_faults"\nlike = "gem_active_faults"\nsha256 = ""\n'
    )
    return Options(catalog=path)


@pytest.fixture
def around(settings, unpinned):
    """Fetch a source, read the run's layers, and measure around places."""

    def run(source_id, *points, file=None):
        outcome = fetch(source_id, settings=settings, options=unpinned, file=file).outcomes[0]
        assert not outcome.error, outcome.error
        options = Options(only=(source_id,), catalog=unpinned.catalog)
        layers = read_layers(settings, options)
        found = measure_surroundings(
            deposits(*points),
            layers.frames,
            coverage=layers.coverage,
            regions=layers.regions,
            labels=layers.labels,
        )
        return found, layers, outcome

    return run


def error_of(source_id, settings, options, **more):
    outcome = fetch(source_id, settings=settings, options=options, **more).outcomes[0]
    assert "\n" not in outcome.error
    return outcome.error


def geojson(*features):
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": properties,
                    "geometry": None if shape is None else shapely.geometry.mapping(shape),
                }
                for properties, shape in features
            ],
        }
    ).encode()


def fault(name, kind, shape):
    # published as texts of three numbers: most likely, least, most
    rates = {"net_slip_rate": "(2.0,1.0,3.0)", "average_dip": "(60.0,,)", "accuracy": 1_000_000}
    return {"catalog_id": "X_1", "name": name, "slip_type": kind, **rates}, shape


def test_active_faults(site, around):
    line = shapely.LineString([(75.5, 43.0), (76.5, 43.0)])
    site.files[path_of("gem_active_faults")] = geojson(
        fault("Made-up Fault", "Reverse-Dextral", line),
        fault(None, "Anticline", shapely.LineString([(70, 45), (71, 45)])),
        fault("Far", "Normal", shapely.LineString([(-120, 35), (-121, 36)])),
        fault("Nowhere", "Normal", None),
    )
    found, layers, outcome = around("gem_active_faults", PLACE, (90.0, 50.0))
    assert found["dist_active_fault_km"].iloc[0] == pytest.approx(15.7, abs=0.2)
    assert found["near_active_fault"].iloc[0] == "Made-up Fault, GEM active faults"
    assert found["dist_active_fault_km"].iloc[1] > 1000
    frame = layers.frames["active_faults"]
    assert dict(zip(frame["name"], frame["kind"], strict=True))["Made-up Fault"] == "reverse"
    assert outcome.tables[0]["skipped"] == {"outside the region": 1, "without a place": 1}


def test_faults_without_their_column_are_refused(site, settings, unpinned):
    site.files[path_of("gem_active_faults")] = geojson(
        ({"fault": "A"}, shapely.LineString([(75, 43), (76, 43)]))
    )
    assert "slip_type" in error_of("gem_active_faults", settings, unpinned)


def test_an_empty_layer_is_refused(site, settings, unpinned):
    site.files[path_of("gem_active_faults")] = geojson()
    assert "no rows" in error_of("gem_active_faults", settings, unpinned)


def test_points_in_a_layer_of_lines_are_refused(site, settings, unpinned):
    site.files[path_of("gem_active_faults")] = geojson(fault("A", "Normal", shapely.Point(75, 43)))
    assert "is a Point, expected LineString" in error_of("gem_active_faults", settings, unpinned)


def test_a_pinned_checksum_is_checked(site, settings):
    line = shapely.LineString([(75, 43), (76, 43)])
    site.files[path_of("gem_active_faults")] = geojson(fault("A", "Normal", line))
    assert "the catalogue pins 37babb516edf" in error_of("gem_active_faults", settings, Options())


def test_a_git_lfs_pointer_is_said_with_what_to_do(site, settings, unpinned, tmp_path):
    site.files[path_of("gem_active_faults")] = POINTER
    error = error_of("gem_active_faults", settings, unpinned)
    assert "Git LFS pointer" in error
    assert "media.githubusercontent.com" in error
    own = tmp_path / "geoBoundaries-KAZ-ADM1.geojson"
    own.write_bytes(POINTER)
    assert "Git LFS pointer" in error_of("gem_active_faults", settings, unpinned, file=own)


def test_a_git_lfs_pointer_in_place_of_an_archive(site, settings):
    site.files[path_of("ghs_pop_2025")] = POINTER
    assert "Git LFS pointer" in error_of("ghs_pop_2025", settings, Options())


def geodatabase(tmp_path, layers):
    """Pack layers as a file geodatabase: member -> bytes, under the name of its folder."""
    folder = tmp_path / "made.gdb"
    for name, frame in layers.items():
        frame.to_file(
            folder, driver="OpenFileGDB", layer=name, mode="a" if folder.exists() else "w"
        )
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


def aqueduct(tmp_path, scores, labels, shapes):
    basins = gpd.GeoDataFrame(
        {
            "string_id": [f"{i}-KGZ.1_1-3365" for i in range(len(shapes))],
            "gid_0": "KGZ",
            "bws_raw": 0.3,
            "bws_score": scores,
            "bws_label": labels,
        },
        geometry=shapes,
        crs=4326,
    )
    members = geodatabase(tmp_path, {"baseline_annual": basins, "future_annual": basins})
    home = CATALOG["aqueduct_40"].reader.member
    csv = {
        "Aqueduct40_waterrisk_download_Y2023M07D05/CVS/Aqueduct40_baseline.csv": b"string_id\n1\n"
    }
    return pack({**csv, **{f"{home}/{name}": raw for name, raw in members.items()}})


def test_water_stress(site, around, tmp_path):
    site.files[path_of("aqueduct_40")] = aqueduct(
        tmp_path,
        [2.5, -9999.0, -1.0],
        ["Medium - High (20-40%)", "No Data", "Arid and Low Water Use"],
        [shapely.box(76, 42, 77, 43), shapely.box(77, 42, 78, 43), shapely.box(78, 42, 79, 43)],
    )
    found, layers, _ = around("aqueduct_40", PLACE, (77.5, 42.5), (78.5, 42.5), (85, 48))
    assert found["water_stress"].fillna("").tolist() == [
        "Medium - High (20-40%)",
        "",
        "Arid and Low Water Use",
        "",
    ]
    scores = layers.frames["water_stress"]["score"]
    assert scores.iloc[0] == 2.5
    assert scores.iloc[1:].isna().all()


def test_an_impossible_score_is_refused(site, settings, tmp_path):
    site.files[path_of("aqueduct_40")] = aqueduct(
        tmp_path, [55.0], ["High (40-80%)"], [shapely.box(76, 42, 77, 43)]
    )
    error = error_of("aqueduct_40", settings, Options())
    assert "score is 55, expected 0 to 5" in error


def test_mining_areas(site, around, tmp_path):
    path = tmp_path / "mining.gpkg"
    bow_tie = shapely.Polygon([(76.1, 42.8), (76.2, 42.9), (76.2, 42.8), (76.1, 42.9)])
    gpd.GeoDataFrame(
        {"ISO3_CODE": ["KGZ", "KGZ"], "COUNTRY_NAME": "Kyrgyzstan", "AREA": [1.5, 2.0]},
        geometry=[bow_tie, shapely.box(77, 42, 77.1, 42.1)],
        crs=4326,
    ).to_file(path, layer="mining_polygons")
    site.files[path_of("mining_polygons")] = path.read_bytes()
    found, layers, _ = around("mining_polygons", (76.11, 42.85), (77.05, 42.2))
    assert found["dist_mining_area_km"].iloc[0] == 0.0
    assert found["dist_mining_area_km"].iloc[1] == pytest.approx(11.1, abs=0.1)
    assert layers.frames["mining_areas"]["area_km2"].tolist() == [1.5, 2.0]
    assert "mining area without a name" in found["near_mining_area"].iloc[0]


def test_tailings(site, around, tmp_path):
    folder = tmp_path / "tsf"
    folder.mkdir()
    frame = gpd.GeoDataFrame(
        {"Name": ["Made-up TSF", None]},
        geometry=[shapely.Point(76.2, 42.9), shapely.Point(-70, -20)],
        crs=4326,
    )
    frame.to_file(folder / "Global_TSFs.shp")
    site.files[path_of("wapha_tailings")] = pack({p.name: p.read_bytes() for p in folder.iterdir()})
    found, layers, _ = around("wapha_tailings", PLACE, (80, 45))
    assert found["dist_tailings_km"].iloc[0] == pytest.approx(7.9, abs=0.3)
    assert found["near_tailings"].iloc[0] == "Made-up TSF, tailings, WAPHA 2023"
    frame = layers.frames["tailings"]
    nameless = frame.assign(name=None)
    sites = deposits(PLACE)
    for rows, word in ((frame, "Made-up TSF"), (nameless, "without a name")):
        words = _tailings_near(sites, {"tailings": rows})
        assert words.tolist() == [f"{word}, about 8 km"]
        assert "nan" not in str(tailings(rows)).lower()
    assert np.isnan(found["dist_tailings_km"].iloc[1])


def wdpa(tmp_path, **changes):
    columns = {
        "SITE_ID": np.array([1, 2, 3], np.int32),
        "SITE_PID": ["1_A", "2", "3"],
        "NAME": ["Made-up Zapovednik", "Marine Park", "Elsewhere"],
        "DESIG_ENG": ["Strict Nature Reserve", "Marine Reserve", "Park"],
        "IUCN_CAT": ["Ia", "Not Reported", "II"],
        "REALM": ["Terrestrial", "Marine", "Terrestrial"],
        "STATUS_YR": np.array([1979, 0, 2001], np.int32),
        "ISO3": ["KGZ;KAZ", "KAZ", "FRA"],
        **changes,
    }
    columns = {name: values for name, values in columns.items() if values is not None}
    shapes = [shapely.box(76, 42, 77, 43), shapely.box(76, 42, 78, 43), shapely.box(2, 45, 3, 46)]
    polygons = gpd.GeoDataFrame(columns, geometry=shapes, crs=4326)
    points = polygons.set_geometry(polygons.representative_point())
    members = geodatabase(tmp_path, {"WDPA_poly_Jul2026": polygons, "WDPA_point_Jul2026": points})
    path = tmp_path / "WDPA_Jul2026_Public.zip"
    path.write_bytes(pack({f"WDPA_Jul2026_Public.gdb/{n}": raw for n, raw in members.items()}))
    return path


def test_the_wdpa_of_a_month_is_a_file_that_the_user_provides(around, tmp_path):
    found, layers, _ = around("wdpa", PLACE, (77.2, 42.5), file=wdpa(tmp_path))
    assert found["protected_area"].tolist() == ["Made-up Zapovednik", ""]
    assert found["protected_area_category"].iloc[0] == "Ia"
    assert found["dist_protected_area_km"].iloc[1] == pytest.approx(16.4, abs=0.2)
    assert layers.frames["protected_areas"]["id"].tolist() == ["wdpa:1_A"]


def test_a_wdpa_of_older_keys_is_refused(settings, tmp_path):
    path = wdpa(tmp_path, SITE_PID=None, REALM=None)
    assert "REALM" in error_of("wdpa", settings, Options(), file=path)


def test_the_wdpa_is_not_fetched_by_a_program(settings):
    with pytest.raises(FetchError, match="its terms are accepted by a person"):
        fetch_snapshot(CATALOG["wdpa"], settings)


def raster(path: Path, values, west, north, cell, nodata=None):
    values = np.asarray(values, dtype=np.float64)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=values.shape[1],
        height=values.shape[0],
        count=1,
        dtype="float64",
        crs="EPSG:4326",
        transform=from_origin(west, north, cell, cell),
        nodata=nodata,
    ) as file:
        file.write(values, 1)
    return path.read_bytes()


def serve_raster(site, source_id, raw, *, name=""):
    member = name or CATALOG[source_id].reader.member
    site.files[path_of(source_id)] = pack({"readme.txt": b"made up", member: raw})


def measured(settings, *points, ids):
    rasters = find_rasters({i: CATALOG[i] for i in ids}, settings)
    return site_columns(deposits(*points), rasters)


def test_seismic_hazard(site, settings, tmp_path):
    values = np.full((60, 60), 0.4)
    values[:, 30:] = 0.2
    values[50:, :] = -9999.0
    raw = raster(tmp_path / "pga.tif", values, 75.0, 44.0, 0.05, nodata=-9999.0)
    serve_raster(site, "gem_seismic_hazard", raw)
    outcome = fetch("gem_seismic_hazard", settings=settings).outcomes[0]
    assert not outcome.error, outcome.error
    kept = next((settings.raw_root / "gem_seismic_hazard").rglob("*.tif"))
    assert kept.read_bytes() == raw  # unpacked, once
    found = measured(
        settings, (75.5, 43), (77.0, 43), (77.9, 41.1), (90, 50), ids=["gem_seismic_hazard"]
    )
    assert found["pga_475_g"].round(6).tolist()[:2] == [0.4, 0.2]
    assert found["pga_475_g"].iloc[2:].isna().all()
    assert found["near_hazard"].fillna("").tolist() == ["GEM hazard map 2023.1"] * 2 + ["", ""]
    assert found["people_10km"].isna().all()


def test_hazard_between_cells_is_interpolated(site, settings, tmp_path):
    values = np.repeat([[0.1, 0.3]], 2, axis=0)
    serve_raster(site, "gem_seismic_hazard", raster(tmp_path / "a.tif", values, 75.0, 44.0, 1.0))
    fetch("gem_seismic_hazard", settings=settings)
    found = measured(settings, (76.0, 43.0), ids=["gem_seismic_hazard"])
    assert found["pga_475_g"].iloc[0] == pytest.approx(0.2)


@pytest.mark.parametrize("value", [42.0, -1.0])
def test_a_hazard_that_no_map_has_is_refused(site, settings, tmp_path, value):
    raw = raster(tmp_path / "a.tif", np.full((4, 4), value), 75.0, 44.0, 0.5)
    serve_raster(site, "gem_seismic_hazard", raw)
    error = error_of("gem_seismic_hazard", settings, Options())
    assert "no value from 0 to 5 g" in error


def test_an_archive_without_the_raster_is_refused(site, settings):
    site.files[path_of("gem_seismic_hazard")] = pack({"readme.txt": b"moved"})
    assert "v2023_1_pga_475_rock_3min.tif" in error_of("gem_seismic_hazard", settings, Options())


def test_a_raster_of_bands_is_refused(site, settings, tmp_path):
    path = tmp_path / "rgb.tif"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=4,
        height=4,
        count=3,
        dtype="uint8",
        crs="EPSG:4326",
        transform=from_origin(75, 44, 1, 1),
    ) as file:
        file.write(np.zeros((3, 4, 4), np.uint8))
    serve_raster(site, "gem_seismic_hazard", path.read_bytes())
    assert "has 3 bands" in error_of("gem_seismic_hazard", settings, Options())


def test_people(site, settings, tmp_path):
    cell = 1 / 120
    values = np.zeros((240, 240))
    values[120, 120] = 5_000.0  # a town 0.4 km from the first place
    values[120, 200] = 700.0  # 54 km east of it
    values[:, :20] = -200.0
    raw = raster(tmp_path / "pop.tif", values, 75.0, 44.0, cell)
    serve_raster(site, "ghs_pop_2025", raw)
    outcome = fetch("ghs_pop_2025", settings=settings).outcomes[0]
    assert not outcome.error, outcome.error
    town = (75.0 + 120.5 * cell, 44.0 - 120.5 * cell)
    other = (75.0 + 200.5 * cell, town[1])
    away = distance_m([town[0]], [town[1]], [other[0]], [other[1]])[0] / 1000
    assert 50 < away < 60
    found = measured(
        settings, town, (town[0] + 0.2, town[1]), (75.05, 43.9), (90, 50), ids=["ghs_pop_2025"]
    )
    assert found["people_10km"].iloc[:2].tolist() == [5_000.0, 0.0]
    assert found["people_50km"].iloc[:2].tolist() == [5_000.0, 5_700.0]
    assert (
        found["people_50km"].iloc[2:].isna().all()
    )  # people beyond the edge are not counted as none
    assert found["near_people"].iloc[0] == "GHS-POP 2025, JRC"


def test_a_raster_may_be_provided_without_its_archive(settings, tmp_path):
    path = tmp_path / "pop.tif"
    raster(path, np.ones((240, 240)), 75.0, 44.0, 1 / 120)
    outcome = fetch("ghs_pop_2025", settings=settings, file=path).outcomes[0]
    assert not outcome.error, outcome.error
    found = measured(settings, (76.0, 43.0), ids=["ghs_pop_2025"])
    cells = np.pi * 10**2 / (111.1 * 81.5 / 120**2)
    assert found["people_10km"].iloc[0] == pytest.approx(cells, rel=0.02)


POWER = (
    "unit-id,project-id,name,unit-name,country-area1,status,asset-type,capacity,start-year,Latitude,"
    "Longitude,location-accuracy,url\n"
    "G100,L1,Made-up Power Station,1,Kazakhstan,operating,coal,300,1980,51.7,75.4,exact,https://x\n"
    "G101,L2,New Dam,,Kyrgyzstan,construction,hydropower,1860,,41.7,74.3,approximate,https://y\n"
)


def test_the_newest_month_of_a_tracker_is_taken(site, settings):
    months = monthly_addresses(CATALOG["gem_power_plants"].url)
    site.files[path_of("", months[2])] = POWER.encode()
    site.files[path_of("", months[3])] = POWER.replace("G100", "G099").encode()
    outcome = fetch("gem_power_plants", settings=settings).outcomes[0]
    assert not outcome.error, outcome.error
    assert site.asked == [path_of("", month) for month in months[:3]]
    frame = read_layers(settings, Options(only=("gem_power_plants",))).frames["power_plants"]
    rows = frame.set_index("name")
    assert rows["kind"].to_dict() == {"Made-up Power Station": "operating", "New Dam": "building"}
    assert rows["id"].iloc[0] == "gem_power_plants:G100"
    assert rows["position_error_m"].tolist() == [1000.0, 10000.0]
    assert rows["fuel"].tolist() == ["Coal", "Hydro"]
    again = fetch("gem_power_plants", settings=settings).outcomes[0]
    assert again.unchanged


def test_a_tracker_that_no_month_has_is_said(site, settings):
    error = error_of("gem_power_plants", settings, Options())
    assert "none of the last 13 months has the file" in error


def test_months_go_back_over_the_new_year():
    today = datetime.now(UTC).date()
    first = monthly_addresses("https://x.org/{month}")[0]
    assert first == f"https://x.org/{today:%Y-%m}"
    assert monthly_addresses("https://x.org/a") == ["https://x.org/a"]


@pytest.mark.parametrize("source_id", ["gem_iron_mines", "gem_coal_mines"])
def test_mines_of_a_tracker(site, settings, source_id):
    mine = {
        "name": "Made-up Mine",
        "status": "operating",
        "country-area1": "Kazakhstan",
        "owner": "A company",
        "location-accuracy": "exact",
    }
    url = monthly_addresses(CATALOG[source_id].url)[1]
    site.files[path_of("", url)] = geojson((mine, shapely.Point(73, 50)))
    outcome = fetch(source_id, settings=settings).outcomes[0]
    assert not outcome.error, outcome.error
    row = read_layers(settings, Options(only=(source_id,))).frames["facilities"].iloc[0]
    assert (row["name"], row["kind"], row["country"]) == ("Made-up Mine", "mine", "KAZ")


def test_protected_areas_of_openstreetmap(settings, tmp_path):
    path = tmp_path / "answer.json"
    ring = [(76.0, 42.8), (76.3, 42.8), (76.3, 43.0), (76.0, 43.0), (76.0, 42.8)]
    way = [{"lon": lon, "lat": lat} for lon, lat in ring]
    tags = [
        {
            "boundary": "protected_area",
            "protect_class": "4",
            "protection_title": "заказник",
            "name": "A",
        },
        {"leisure": "nature_reserve", "name": "B"},
        {"boundary": "national_park", "leisure": "park", "name": "C", "name:en": "C Park"},
        {"boundary": "administrative", "name": "D"},
    ]
    elements = [
        {"type": "way", "id": i, "tags": found, "nodes": [1, 2, 3, 4, 1], "geometry": way}
        for i, found in enumerate(tags)
    ]
    path.write_text(json.dumps({"version": 0.6, "elements": elements}), encoding="utf-8")
    source = CATALOG["osm_box"]
    (part,) = [p for p in source.parts() if p.layer == "protected_areas"]
    borders = read_layers(settings, Options(only=("starter_airports",))).frames["countries"]
    frame = normalize(read(part, path), part, borders).frame.set_index("name")
    assert frame["kind"].to_dict() == {
        "A": "protected_area",
        "B": "nature_reserve",
        "C Park": "national_park",
    }
    assert frame.loc["A", ["category", "designation"]].tolist() == ["IUCN IV", "заказник"]
    found = measure_surroundings(
        deposits(PLACE),
        {"protected_areas": frame.reset_index()},
        coverage={"protected_areas": frozenset({"KGZ"})},
    )
    assert sorted(found["protected_area"].iloc[0].split("; ")) == ["A", "B", "C Park"]


@pytest.mark.slow
def test_a_run_has_what_was_fetched_around_its_deposits(site, settings, unpinned, tmp_path):
    line = shapely.LineString([(76.0, 43.0), (76.5, 43.0)])
    site.files[path_of("gem_active_faults")] = geojson(fault("Made-up Fault", "Normal", line))
    pga = raster(tmp_path / "pga.tif", np.full((60, 60), 0.4), 75.0, 44.0, 0.05)
    serve_raster(site, "gem_seismic_hazard", pga)
    people = raster(tmp_path / "pop.tif", np.full((240, 360), 2.0), 75.0, 44.0, 1 / 120)
    serve_raster(site, "ghs_pop_2025", people)
    ids = ("gem_active_faults", "gem_seismic_hazard", "ghs_pop_2025")
    done = fetch(ids, settings=settings, options=unpinned)
    assert not done.failed
    result = run(settings=settings, options=Options(draws=20, catalog=unpinned.catalog))
    row = result.table.set_index("id").loc["starter_deposits:kutessay-ii"]
    assert row["dist_active_fault_km"] == pytest.approx(15.4, abs=1.0)
    assert row["near_active_fault"] == "Made-up Fault, GEM active faults"
    assert row["pga_475_g"] == pytest.approx(0.4)
    assert row["people_10km"] > 900
    far = result.table.set_index("id").loc["starter_deposits:bayan-obo"]
    assert np.isnan(far["pga_475_g"])
    inputs = {i["id"]: i for i in result.report["inputs"]}
    assert set(ids) <= set(inputs)
    assert inputs["ghs_pop_2025"]["layer"] == "population"
    result.write(tmp_path / "out")  # with the page
    written = pd.read_csv(tmp_path / "out" / "scores.csv").set_index("id")
    for column in ("dist_active_fault_km", "pga_475_g", "people_50km", "near_hazard"):
        assert written.loc["starter_deposits:kutessay-ii", column] == row[column]
    assert (tmp_path / "out" / "map.html").stat().st_size < 3_000_000


def test_a_commercial_run_has_no_hazard_map(site, settings, tmp_path):
    raw = raster(tmp_path / "pga.tif", np.full((60, 60), 0.4), 75.0, 44.0, 0.05)
    serve_raster(site, "gem_seismic_hazard", raw)
    fetch("gem_seismic_hazard", settings=settings)
    for commercial, number in ((False, 1), (True, 0)):
        layers = read_layers(settings, Options(commercial=commercial))
        rasters = find_rasters(layers.sources, settings)
        found = [r.source.id for r in rasters if r.source.layer == "seismic_hazard"]
        assert len(found) == number
