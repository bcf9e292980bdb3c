"""A figure that shows itself in a notebook. Importing this module needs matplotlib."""

from __future__ import annotations

import io

from matplotlib.figure import Figure


class InlineFigure(Figure):
    """A figure that a notebook shows as a picture, without pyplot and without any set-up.

    A plain figure is shown only once pyplot has registered a backend with the kernel. This one
    carries its PNG, so that Jupyter, VS Code and pages made from a notebook show it.
    """

    def _repr_png_(self) -> bytes:
        picture = io.BytesIO()
        self.savefig(picture, format="png", dpi=110)
        return picture.getvalue()
