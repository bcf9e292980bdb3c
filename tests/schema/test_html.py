"""What notebooks show of audits: complete, escaped, unknown said to be unknown."""

from __future__ import annotations

import math
from html.parser import HTMLParser

import geopandas as gpd
import pandas as pd
import shapely

from geo_ree.deposits import Located
from geo_ree.maps import InlinePage
from geo_ree.schema.html import table_html

BOMB = "<img src=x onerror=alert(1)>"


class _Cells(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.texts = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)


def _read(html):
    parsed = _Cells()
    parsed.feed(html)
    return parsed


def test_numbers_go_right_texts_left_and_unknown_is_said():
    read = _read(table_html(["a", "b"], [["x", 1234.5], [None, math.nan], [pd.NA, True]]))
    sides = [a["style"].split(":")[1] for t, a in read.tags if t == "td"]
    assert read.texts == ["a", "b", "x", "1,234", "unknown", "unknown", "unknown", "True"]
    assert sides[:2] == ["left", "right"]


def test_an_audit_shows_its_worst_flags_and_how_many_there_are():
    at = shapely.Point(70, 48)
    audit = gpd.GeoDataFrame(
        {
            "id": ["x:1", "x:1", "x:2"],
            "name": [BOMB, BOMB, "B"],
            "country": "KAZ",
            "flag": ["wrong_country", "rounded", "rounded"],
            "distance_km": [12.0, None, None],
            "evidence": "because",
        },
        geometry=[at] * 3,
        crs=4326,
    )
    located = Located(
        deposits=gpd.GeoDataFrame({"id": ["x:1", "x:2", "x:3"]}, geometry=[at] * 3, crs=4326),
        audit=audit,
        areas=audit.iloc[:0],
        positions=audit.iloc[:0],
    )
    read = _read(located._repr_html_())
    assert read.texts[0].startswith("2 of 3 positions are doubted; the 3 worst of 3 flags")
    assert read.texts.count("rounded") == 2
    assert "unknown" in read.texts
    assert "img" not in {tag for tag, _ in read.tags}


def test_a_page_in_a_notebook_is_kept_apart_and_whole():
    page = '<html><body>"&amp;" <script>1 < 2</script></body></html>'
    ((tag, attributes),) = _read(InlinePage(html=page, height_px=320)._repr_html_()).tags
    assert (tag, attributes["srcdoc"], attributes["height"]) == ("iframe", page, "320")
    assert "allow-same-origin" not in attributes["sandbox"]
