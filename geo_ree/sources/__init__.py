"""What ``geo-ree sources`` tells: the catalogue, one source, one country, what answers today."""

from geo_ree.sources.dossier import show_source
from geo_ree.sources.facts import AtHand, covers, find_at_hand, find_country, layers_of
from geo_ree.sources.listing import answer, check_sources, show_sources

__all__ = [
    "AtHand",
    "answer",
    "check_sources",
    "covers",
    "find_at_hand",
    "find_country",
    "layers_of",
    "show_source",
    "show_sources",
]
