"""The page: layers, style and one self-contained HTML file."""

from geo_ree.maps.document import InlinePage
from geo_ree.maps.overlay import score_picture
from geo_ree.maps.page import PageData, render

__all__ = ["InlinePage", "PageData", "render", "score_picture"]
