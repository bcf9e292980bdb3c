"""Files and answers of any format as tables, safely: nothing in them is trusted.

`formats` opens any file, `archives` takes files out of zip archives, and `documents` checks XML and
JSON. Each format has a module of its own: `delimited`, `workbook`, `json_features`, `gml`,
`shapefile`, `geoparquet`, `osm`; `vectors` is the only one that lets GDAL read a layer. `tables`
joins child tables and checks columns.
"""

from geo_ree.reading.archives import Archive
from geo_ree.reading.formats import open_file

__all__ = ["Archive", "open_file"]
