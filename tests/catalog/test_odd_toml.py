"""Catalogues, presets and targets from somebody else: every oddity is an error of one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from geo_ree.catalog import load_catalog
from geo_ree.catalog.toml_files import MOST_BYTES, read_toml
from geo_ree.errors import CatalogError, GeoReeError
from geo_ree.proximity.targets import load_targets
from geo_ree.scoring.presets import load_preset

ENTRY = '[[source]]\nid = "mine"\nlike = "usgs_ree"\n'
PRESET = (
    'schema_version = "1.0"\nname = "x"\n[criteria.rail]\ncolumn = "dist_railway_km"\nweight = 1\n'
    'decay = { kind = "exponential", half_km = 50 }\n'
)
LOADERS: tuple[Callable[[Path], object], ...] = (load_catalog, load_targets, load_preset)


def refusal(load: Callable[[Path], object], path: Path) -> str:
    with pytest.raises(GeoReeError) as caught:
        load(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("load", LOADERS)
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a = " + b"[" * 20_000 + b"]" * 20_000, "nested too deeply"),
        (b"a = " + b"9" * 5000, "a number has too many digits"),
        (b"a = " + b"9" * 400, "a is a number of 400 digits"),
        (b"a = { b = [1, -inf] }", "a.b.1 is -inf"),
        (b"a = nan", "a is nan"),
        (b"a = 1e300", "a is 1e+300"),
        (b"a = ", "is not TOML"),
        (b"\xff\xfea", "is not UTF-8 text; save it as UTF-8"),
        (b"#" * (MOST_BYTES + 1), "has more than"),
    ],
)
def test_what_no_file_can_say_is_refused(tmp_path, load, content, said):
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    assert said in refusal(load, path)


@pytest.mark.parametrize("load", LOADERS)
def test_a_file_that_is_not_there_is_refused(tmp_path, load):
    text = refusal(load, tmp_path / "no-such.toml")
    assert "no-such.toml" in text
    assert "cannot be read" in text or "there is no preset or file" in text


@pytest.mark.parametrize(
    ("load", "text"),
    list(
        zip(LOADERS, (ENTRY, '[rail]\nlayer = "railways"\nlabel = "rail"\n', PRESET), strict=True)
    ),
)
def test_a_file_with_a_mark_of_order_is_read(tmp_path, load, text):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert load(path)
    assert read_toml(path, CatalogError)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('like = ["x"]', "like: is no text"),
        ("like = { a = 1 }", "like: is no text"),
        ('reader = { encodings = ["zip"] }', "'zip' is no encoding of texts"),
        ('reader = { encodings = ["a\\u0000"] }', "is no encoding of texts"),
        ("reader = { header_row = 1000000000000 }", "reader.header_row: "),
        ("reader = { header_row = -1 }", "reader.header_row: "),
        ("reader = { page_size = 1000000000000 }", "reader.page_size: "),
        ("reader = { pause_s = 1e9 }", "reader.pause_s: "),
        ("reader = { tile_deg = [0, 1] }", "reader.tile_deg.0: "),
        ("reader = { tile_deg = [-1, 1] }", "reader.tile_deg.0: "),
        ('reader = { headers = { X = "Привет" } }', "'X' cannot be sent"),
        ('reader = { headers = { X = "a\\r\\nY: b" } }', "'X' cannot be sent"),
        ('reader = { headers = { "X: a" = "b" } }', "'X: a' cannot be sent"),
        ('url = "https://example.org/a\\u0000b"', "url: has characters that no address has"),
        ('url = "https://[::1/a"', "url: has characters that no address has"),
        ("reader = 7", "reader: "),
        ("columns = [[[[1]]]]", "columns: "),
        ("table = 1", "table: "),
    ],
)
def test_an_absurd_value_is_named_with_its_place(tmp_path, lines, said):
    path = tmp_path / "mine.toml"
    entry = ENTRY if "like" not in lines else '[[source]]\nid = "mine"\n'
    path.write_text(f"{entry}{lines}\n", encoding="utf-8")
    text = refusal(load_catalog, path)
    assert "mine.toml: source.mine." in text
    assert said in text


@pytest.mark.parametrize(
    "document", ["source = 1", "source = [1]", "[source]", "[[source]]\nid = {}"]
)
def test_a_catalogue_of_another_shape_is_refused(tmp_path, document):
    path = tmp_path / "mine.toml"
    path.write_text(document, encoding="utf-8")
    assert "mine.toml" in refusal(load_catalog, path)


def test_targets_that_are_no_tables_are_refused(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("railway = 5\nroad = []\n", encoding="utf-8")
    text = refusal(load_targets, path)
    assert "railway: is no table, expected [railway]; road: is no table" in text
