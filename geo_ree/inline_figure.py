"""A figure that shows itself in a notebook."""

from __future__ import annotations

import io

from matplotlib.figure import Figure


class InlineFigure(Figure):
    """A figure that a notebook shows as a picture, without pyplot and without a line of set-up.

    Plain figures are shown only once pyplot has registered a backend with the kernel. A figure that
    brings its picture along is shown by Jupyter, by VS Code and on a page made of the notebook.

    Examples
    --------
    >>> InlineFigure()._repr_png_()[1:4]
    b'PNG'
    """

    def _repr_png_(self) -> bytes:
        picture = io.BytesIO()
        self.savefig(picture, format="png", dpi=110)
        return picture.getvalue()
