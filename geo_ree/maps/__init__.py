"""The page: one self-contained HTML file.

`page` renders it, `page_values` makes the values its script reads, `feature_groups` and `shapes`
the layers of the map, `overlay` the picture of a raster, `relief` the shaded relief, `document` joins
folium's HTML with `assets/` and `i18n/`. `style` holds colours, sizes and labels, `packing` the compact forms.
"""

from geo_ree.maps.document import InlinePage
from geo_ree.maps.feature_groups import MapLayer
from geo_ree.maps.overlay import score_picture
from geo_ree.maps.page import render

__all__ = ["InlinePage", "MapLayer", "render", "score_picture"]
