"""The catalogue of sources: data, not code.

``*.toml`` has the entries, one file a publisher or country. `load` reads them together with a file of
the user's own, `source` has the model of an entry. docs/adding-a-source.md lists every option.
"""

from geo_ree.catalog.load import load_catalog
from geo_ree.catalog.source import Source

__all__ = ["Source", "load_catalog"]
