"""The errors of geo_ree: each says what is wrong, where, and what to do about it."""

from __future__ import annotations


class GeoReeError(Exception):
    """Base of all errors that geo_ree raises on purpose.

    Parameters
    ----------
    what
        What is wrong: the file, the row or setting, what was found and what was expected.
    hint
        What the reader can do about it.

    Examples
    --------
    >>> str(SchemaError("deposits.csv row 7: latitude is 98.2", "give degrees from -90 to 90"))
    'deposits.csv row 7: latitude is 98.2; give degrees from -90 to 90'
    """

    def __init__(self, what: str, hint: str = "") -> None:
        self.what = what
        self.hint = hint
        super().__init__(f"{what}; {hint}" if hint else what)


class SettingsError(GeoReeError):
    """A setting or option that cannot be used (an unwritable folder, an unknown source id)."""


class CatalogError(GeoReeError):
    """A catalogue entry that does not hold together."""


class FetchError(GeoReeError):
    """A source that could not be downloaded, or whose download is not what it should be."""


class SchemaError(GeoReeError):
    """Data that does not fit its canonical layer."""


class ScoreError(GeoReeError):
    """A preset, criterion or request for scores that has no sound answer."""


class RenderError(GeoReeError):
    """A page that could not be made or written."""
