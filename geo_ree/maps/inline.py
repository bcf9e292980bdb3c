"""A page shown inside a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, kw_only=True)
class InlinePage:
    """A page that a notebook shows in a frame of its own, in Jupyter and in VS Code.

    Parameters
    ----------
    html
        From `render`.
    height_px
        Height of the frame.

    Notes
    -----
    The page lives inside the notebook: it is there when the notebook is opened again without a
    kernel. The frame lets it run its scripts and save files, and keeps it from the notebook around it.

    Examples
    --------
    >>> InlinePage(html="<p>a & b</p>", height_px=300)._repr_html_().count("&amp;")
    1
    """

    html: str
    height_px: int = 700

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{escape(self.html)}" width="100%" height="{self.height_px}" '
            'sandbox="allow-scripts allow-downloads allow-popups allow-modals" '
            'style="border:0" title="geo_ree"></iframe>'
        )
