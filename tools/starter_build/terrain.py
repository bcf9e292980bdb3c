"""Rivers and the coarse elevation grid."""

from __future__ import annotations

from collections import Counter
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import geopandas as gpd
import h5py  # type: ignore[import-untyped]
import numpy as np
import rasterio
import shapely

from geo_ree.crs import STORE_CRS, length_km
from geo_ree.settings import REGION
from starter_build.packages import Store
from starter_build.product import Product, sha256, write_parquet

KINDS = {
    "River": "river",
    "River (Intermittent)": "intermittent_river",
    "Canal": "canal",
    "Lake Centerline": "unknown",
}
DECIMALS = 4
CELLS_PER_DEGREE, STEP_M, LOWEST_M, NODATA = 12, 28.0, -450.0, 255


def build_rivers(store: Store, out: Path) -> Product:
    """Write ``rivers.parquet`` from Natural Earth's river and lake centerlines."""
    shapefile = store.path("magics")
    whole = gpd.read_file(shapefile)
    cut = shapely.set_precision(
        shapely.intersection(whole.geometry.to_numpy(), shapely.box(*REGION)),
        10.0**-DECIMALS,
        mode="pointwise",
    )
    lines = np.isin(shapely.get_type_id(cut), (1, 5)) & ~shapely.is_empty(cut)
    names = whole["name"].astype(object)
    frame = gpd.GeoDataFrame(
        {
            "native_id": [f"ne-{i}" for i in np.flatnonzero(lines)],
            "name": names.where(names.notna(), None).to_numpy()[lines],
            "kind": whole["featurecla"].map(KINDS).to_numpy()[lines],
            "length_km": [round(length_km(g), 1) for g in cut[lines]],
        },
        geometry=cut[lines],
        crs=STORE_CRS,
    )
    write_parquet(out / "rivers.parquet", frame)
    edition = shapefile.with_suffix(".VERSION.txt")
    kinds = Counter(frame["kind"])
    return Product(
        file="rivers.parquet",
        source_id="starter_rivers",
        rows=len(frame),
        built_from={
            "Natural Earth": edition.read_text(encoding="ascii").strip(),
            shapefile.name: "sha256 " + sha256(shapefile),
        },
        took={f"centerlines of kind {k}": n for k, n in sorted(kinds.items())},
        dropped={"centerlines outside the region": int((~lines).sum())},
        derived={
            "lengths over the ellipsoid": len(frame),
            "without a name": int(frame["name"].isna().sum()),
            "vertices": int(shapely.get_num_coordinates(cut[lines]).sum()),
        },
    )


def build_elevation(out: Path) -> Product:
    """Write ``elevation.tif``: the region's part of the altitude grid that pvlib carries."""
    spec = find_spec("pvlib")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("pvlib is not installed: pip install 'geo_ree[build-starter]'")
    path = Path(spec.submodule_search_locations[0]) / "data" / "Altitude.h5"
    west, south, east, north = REGION
    rows = slice(int((90 - north) * CELLS_PER_DEGREE), int((90 - south) * CELLS_PER_DEGREE))
    columns = slice(int((west + 180) * CELLS_PER_DEGREE), int((east + 180) * CELLS_PER_DEGREE))
    with h5py.File(path, "r") as grid:
        cells = np.asarray(grid["Altitude"][rows, columns], dtype=np.uint8)
    size = 1.0 / CELLS_PER_DEGREE
    with rasterio.open(
        out / "elevation.tif",
        "w",
        driver="GTiff",
        height=cells.shape[0],
        width=cells.shape[1],
        count=1,
        dtype="uint8",
        crs=STORE_CRS,
        nodata=NODATA,
        compress="deflate",
        zlevel=9,
        predictor=2,
        transform=rasterio.Affine(size, 0.0, west, 0.0, -size, north),
    ) as target:
        target.write(cells, 1)
        target.scales, target.offsets, target.units = (STEP_M,), (LOWEST_M,), ("metre",)
    return Product(
        file="elevation.tif",
        source_id="starter_elevation",
        rows=int(cells.size),
        built_from={"pvlib": version("pvlib"), path.name: "sha256 " + sha256(path)},
        took={"cells of 5 arc-minutes": int(cells.size)},
        derived={"cells without data": int((cells == NODATA).sum())},
    )
