from .document import InlinePage
from .feature_groups import MapLayer
from .overlay import score_picture
from .page import render

__all__ = ["InlinePage", "MapLayer", "render", "score_picture"]
