"""Rare-earth deposits of Central Asia, scored by proximity to infrastructure, with uncertainty shown.

The public names are listed in ``__init__.pyi`` and loaded when they are first used. Everything else is in
the packages: `geo_ree.deposits`, `geo_ree.proximity`, `geo_ree.scoring`, `geo_ree.maps`,
`geo_ree.outputs`, `geo_ree.studies`, ...
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
