"""How Sphinx makes the documentation: make docs."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pages
import sphinx.application

import geo_ree

project = "geo_ree"
author = "The geo_ree developers"
copyright = author
version = release = geo_ree.__version__

extensions = [
    "mathml",
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
]
source_suffix = {".rst": "restructuredtext", ".md": "myst-nb"}
exclude_patterns = ["**.ipynb_checkpoints"]
myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3
myst_url_schemes = ["http", "https", "mailto"]

nb_execution_mode = "force"
nb_execution_timeout = 120
nb_execution_raise_on_error = True
nb_execution_in_temp = True

autosummary_generate = True
autosummary_imported_members = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
numpydoc_validation_checks = {"SS01", "SS02", "PR02", "PR07"}

suppress_warnings = ["misc.highlighting_failure"]  # Pygments has no lexer of CSV

html_theme = "furo"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["docs.css"]
templates_path = ["_templates"]
html_title = f"geo_ree {release}"
html_show_sphinx = False


def setup(app: sphinx.application.Sphinx) -> None:
    """Write the pages that are made of the code, before autosummary looks for what to generate."""
    pages.write(Path(app.srcdir) / "generated")
