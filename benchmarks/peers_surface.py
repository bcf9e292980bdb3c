"""The peers of bench_surface.py: GDAL's proximity, and the distance transforms of scipy and edt.

python peers_surface.py gdal|scipy|edt WORK.npz FOLDER    # prints seconds, peak memory, a sample

GDAL (Debian's) burns the lines of WORK.npz into a mask, which it leaves in FOLDER for the other
two; all measure on the plane of a projection, the cells being squares of `cell` metres.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

import numpy as np


def with_gdal(work, folder):
    """Rasterize, measure in memory, and write a COG as geo_ree does."""
    from osgeo import gdal, ogr  # noqa: PLC0415

    gdal.UseExceptions()
    holder = ogr.GetDriverByName("Memory").CreateDataSource("lines")  # has to outlive the layer
    layer = holder.CreateLayer("lines")
    for line in work["lines"]:
        feature = ogr.Feature(layer.GetLayerDefn())
        points = "".join(f"{x!r} {y!r}," for x, y in line.tolist())[:-1]
        feature.SetGeometry(ogr.CreateGeometryFromWkt(f"LINESTRING({points})"))
        layer.CreateFeature(feature)
    height, width, cell = (int(work[k]) for k in ("height", "width", "cell"))
    transform = (float(work["west"]), cell, 0, float(work["north"]), 0, -cell)
    memory = gdal.GetDriverByName("MEM")
    began = time.perf_counter()
    mask = memory.Create("", width, height, 1, gdal.GDT_Byte)
    mask.SetGeoTransform(transform)
    gdal.RasterizeLayer(mask, [1], layer, burn_values=[1])
    burned = time.perf_counter()
    out = memory.Create("", width, height, 1, gdal.GDT_Float32)
    out.SetGeoTransform(transform)
    gdal.ComputeProximity(
        mask.GetRasterBand(1), out.GetRasterBand(1), ["VALUES=1", "DISTUNITS=GEO"]
    )
    measured = time.perf_counter()
    gdal.Translate(
        str(Path(folder, "gdal.tif")),
        out,
        format="COG",
        creationOptions=[
            "COMPRESS=DEFLATE",
            "LEVEL=1",
            "PREDICTOR=YES",
            "BLOCKSIZE=512",
            "OVERVIEW_RESAMPLING=AVERAGE",
            "NUM_THREADS=ALL_CPUS",
        ],
    )
    written = time.perf_counter()
    np.save(Path(folder, "mask.npy"), np.packbits(mask.ReadAsArray().astype(bool)))
    return (
        f"GDAL {gdal.__version__} rasterize + proximity",
        burned - began,
        measured - burned,
        written - measured,
        out.ReadAsArray(),
    )


def _mask(work, folder):
    height, width = int(work["height"]), int(work["width"])
    bits = np.load(Path(folder, "mask.npy"))
    return np.unpackbits(bits, count=height * width).reshape(height, width)


def with_scipy(work, folder):
    import scipy  # noqa: PLC0415
    from scipy.ndimage import distance_transform_edt  # noqa: PLC0415

    free = _mask(work, folder) == 0
    began = time.perf_counter()
    out = distance_transform_edt(free, sampling=float(work["cell"]))
    return (
        f"scipy {scipy.__version__} distance_transform_edt",
        0.0,
        time.perf_counter() - began,
        0.0,
        out,
    )


def with_edt(work, folder):
    from importlib.metadata import version  # noqa: PLC0415

    import edt  # noqa: PLC0415

    free = np.ascontiguousarray(1 - _mask(work, folder))
    cell = float(work["cell"])
    began = time.perf_counter()
    out = edt.edt(free, anisotropy=(cell, cell), black_border=False, parallel=2)
    return f"edt {version('edt')}, 2 threads", 0.0, time.perf_counter() - began, 0.0, out


def main():
    name, path, folder = sys.argv[1:]
    work = np.load(path)
    title, burn, measure, write, out = globals()[f"with_{name}"](work, folder)
    sample = out[work["row"], work["column"]].astype(float)
    peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text()).group(1)
    print(
        json.dumps(
            {
                "name": title,
                "burn": burn,
                "measure": measure,
                "write": write,
                "peak_gb": int(peak) * 1024 / 1e9,
                "sample": sample.tolist(),
            }
        )
    )


if __name__ == "__main__":
    main()
