"""Geodesic proximity: how far, to which feature, and with what error.

`index` holds `nearest` and `NearestIndex`, with the compiled search behind them in `search/`;
`targets` and `target_index` (with `nearest_features` and `line_names`) say what distances are
measured to, `measures` measures deposits, `terrain` (with `heights` and `profiles`) the ground,
`surfaces` (with `grid`, `cell_rows`, `country_cells` and `region_edge`) rasters of distances;
`omission` and `missing` (with `stretches`) are about lines that sources leave out.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
