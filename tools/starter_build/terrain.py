"""Rivers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np
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
