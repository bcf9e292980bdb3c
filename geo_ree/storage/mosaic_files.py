"""Mosaics: one raster in many GeoTIFFs, with a VRT for GDAL and an index for geo_ree."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from rasterio.crs import CRS

from geo_ree.crs import STORE_CRS
from geo_ree.storage.files import atomic_files
from geo_ree.storage.geotiff import BLOCK, RasterLayout

FORMAT = 1
_OVERVIEWS = "2 4 8 16 32"


@dataclass(frozen=True)
class MosaicTile:
    """A GeoTIFF beside the VRT, and the cells of the raster that it holds."""

    file: str
    row: int
    column: int
    rows: int
    columns: int


def index_path(path: Path) -> Path:
    """Return the index of a mosaic: beside its VRT.

    Examples
    --------
    >>> index_path(Path("surface.vrt")).name
    'surface.json'
    """
    return path.with_suffix(".json")


def write_mosaic(path: Path, layout: RasterLayout, tiles: Sequence[MosaicTile]) -> None:
    """Write a VRT and its index, each whole or not at all; where there is no tile, nothing is known.

    Parameters
    ----------
    path
        The VRT to write, beside the tiles.
    layout
        The whole raster.
    tiles
        Its tiles; they do not overlap.

    Raises
    ------
    SettingsError
        When a file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> layout = RasterLayout(8, 4, (1.0, 0.0, 60.0, 0.0, -1.0, 44.0), (("distance", "m"),))
    >>> path = Path(tempfile.mkdtemp(), "surface.vrt")
    >>> write_mosaic(path, layout, [MosaicTile("part-00000.tif", 0, 4, 4, 4)])
    >>> 'xOff="4"' in path.read_text()
    True
    """
    index = {
        "format": FORMAT,
        "width": layout.width,
        "height": layout.height,
        "transform": list(layout.transform),
        "bands": [list(band) for band in layout.bands],
        "tags": dict(layout.tags),
        "tiles": [asdict(tile) for tile in tiles],
    }
    text = json.dumps(index, ensure_ascii=False, indent=1) + "\n"
    with atomic_files(path.parent) as draft:
        index_path(draft / path.name).write_text(text, encoding="utf-8", newline="\n")
        (draft / path.name).write_text(_vrt(layout, tiles), encoding="utf-8", newline="\n")


def _vrt(layout: RasterLayout, tiles: Sequence[MosaicTile]) -> str:
    size = {"rasterXSize": str(layout.width), "rasterYSize": str(layout.height)}
    root = ET.Element("VRTDataset", size)
    system = ET.SubElement(root, "SRS", dataAxisToSRSAxisMapping="2,1")
    system.text = CRS.from_string(STORE_CRS).to_wkt()
    across, turn, west, lean, down, north = layout.transform
    numbers = (west, across, turn, north, lean, down)
    ET.SubElement(root, "GeoTransform").text = ", ".join(f"{n!r}" for n in map(float, numbers))
    about = ET.SubElement(root, "Metadata")
    for name, value in layout.tags.items():
        ET.SubElement(about, "MDI", key=name).text = value
    for number, (description, unit) in enumerate(layout.bands, 1):
        band = ET.SubElement(
            root,
            "VRTRasterBand",
            dataType="Float32",
            band=str(number),
            blockXSize=str(BLOCK),
            blockYSize=str(BLOCK),
        )
        ET.SubElement(band, "Description").text = description
        ET.SubElement(band, "UnitType").text = unit
        ET.SubElement(band, "NoDataValue").text = "nan"
        for tile in tiles:
            _add_tile(band, number, tile)
        ET.SubElement(band, "OverviewList", resampling="nearest").text = _OVERVIEWS
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def _add_tile(band: ET.Element, number: int, tile: MosaicTile) -> None:
    source = ET.SubElement(band, "SimpleSource")
    ET.SubElement(source, "SourceFilename", relativeToVRT="1").text = tile.file
    ET.SubElement(source, "SourceBand").text = str(number)
    columns, rows = str(tile.columns), str(tile.rows)
    ET.SubElement(
        source,
        "SourceProperties",
        RasterXSize=columns,
        RasterYSize=rows,
        DataType="Float32",
        BlockXSize=str(BLOCK),
        BlockYSize=str(BLOCK),
    )
    ET.SubElement(source, "SrcRect", xOff="0", yOff="0", xSize=columns, ySize=rows)
    at = {"xOff": str(tile.column), "yOff": str(tile.row)}
    ET.SubElement(source, "DstRect", at, xSize=columns, ySize=rows)
