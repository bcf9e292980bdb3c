"""What sources there are: data, not code, in one TOML file per publisher or country."""

from geo_ree.catalog.load import load_catalog
from geo_ree.catalog.source import Source

__all__ = ["Source", "load_catalog"]
