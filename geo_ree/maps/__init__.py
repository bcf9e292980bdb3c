"""The page: one self-contained HTML file.

`page` renders it, `page_values` makes the values its script reads, `feature_groups` and `shapes`
the layers of the map, `overlay` the picture of a raster, `relief` the shaded relief, `document` joins
folium's HTML with `assets/` and `i18n/`. `style` holds colours, sizes and labels, `packing` the compact forms.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
