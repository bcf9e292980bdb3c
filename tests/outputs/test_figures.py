from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from geo_ree.errors import RenderError, SettingsError
from geo_ree.maps.style import score_colour
from geo_ree.outputs.figures import plot_distances, plot_ranking, save_figure


@pytest.fixture
def table():
    count = 6
    rows = {
        "id": ["a", "b", "c", "d", "e", "f"],
        "name": ["A", "cost $5 and $6", "<img src=x>", "D", "Кутессай", "F"],
        "country": "KGZ",
        "role": ["candidate"] * 5 + ["by_product_host"],
        "rank_in_role": pd.array([1, 2, 3, 4, 5, 1], "Int64"),
        "rank_p5": pd.array([1, 1, 2, 3, 5, 1], "Int64"),
        "rank_p95": pd.array([2, 3, 4, 5, 5, 1], "Int64"),
        "not_separable_from": ["b", "a;c", "b", "e", "d", ""],
        "score": [64.0, 41.0, 37.0, 24.0, 5.0, 70.0],
        "score_p5": [60.0, 35.0, 30.0, 20.0, 4.0, 60.0],
        "score_p95": [70.0, 45.0, 42.0, 30.0, 8.0, 75.0],
        "dist_road_km": [0.1, 3.0, np.nan, 400.0, 7.0, 1.0],
        "err_road_km": [2.0, 1.0, np.nan, 9.0, 1.0, 1.0],
    }
    return pd.DataFrame(rows, index=range(count))


def _texts(figure):
    figure.canvas.draw()
    return [t.get_text() for t in figure.findobj(lambda a: hasattr(a, "get_text"))]


def test_a_ranking_shows_scores_and_ranks_with_their_intervals(table):
    figure = plot_ranking(table, attribution="Roads: © OpenStreetMap contributors (ODbL)")
    scores, ranks = figure.axes
    names = [t.get_text() for t in scores.get_yticklabels()]
    assert names == ["Кутессай  KGZ", "D  KGZ", "<img src=x>  KGZ", "cost $5 and $6  KGZ", "A  KGZ"]
    bars = [s[:, 0].tolist() for s in scores.collections[0].get_segments()]
    assert bars == [[4.0, 8.0], [20.0, 30.0], [30.0, 42.0], [35.0, 45.0], [60.0, 70.0]]
    spans = [s[:, 0].tolist() for s in ranks.collections[0].get_segments()]
    assert spans[-1] == [0.75, 2.25]
    assert [round(x) for x in ranks.collections[1].get_offsets()[:, 0]] == [5, 4, 3, 2, 1]
    edges = [line.get_ydata()[0] for line in scores.lines]
    assert edges == [1.5]
    assert any("© OpenStreetMap" in t for t in _texts(figure))


def test_hostile_names_are_drawn_without_a_warning(table):
    table.loc[0, "name"] = "a\x00\u202eb\u2028" + "x" * 10_000
    figure = plot_ranking(table)
    assert _texts(figure)
    assert figure.axes[0].get_yticklabels()[-1].get_text() == "ab" + "x" * 46 + "  KGZ"


def test_the_colours_are_those_of_the_map(table):
    from matplotlib.colors import to_hex

    dots = plot_ranking(table).axes[0].collections[1].get_facecolors()
    assert [to_hex(c) for c in dots] == [score_colour(s) for s in (5.0, 24.0, 37.0, 41.0, 64.0)]


def test_hosts_are_drawn_apart(table):
    names = plot_ranking(table, role="by_product_host").axes[0].get_yticklabels()
    assert [t.get_text() for t in names] == ["F  KGZ"]


def test_distances_have_error_bars_and_the_unknown_is_counted(table):
    figure = plot_distances(table, measures=["road"])
    (drawn,) = figure.axes[0].containers
    assert drawn.lines[0].get_xdata().tolist() == [7.0, 400.0, 3.0, 0.5]
    ends = [s[:, 0].tolist() for s in drawn.lines[2][0].get_segments()]
    assert ends[2] == [2.0, 4.0]
    assert ends[3][0] == 0.5
    assert any("Unknown, not drawn: road of 1." in t for t in _texts(figure))


def test_measures_that_nobody_knows_are_left_out(table):
    figure = plot_distances(table.assign(dist_water_km=np.nan))
    assert [t.get_text() for t in figure.axes[0].get_legend().get_texts()] == ["road"]


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_a_figure_is_saved_the_same_each_time(table, tmp_path, kind):
    paths = [save_figure(plot_ranking(table), tmp_path / f"{i}.{kind}", dpi=50) for i in (1, 2)]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert paths[0].stat().st_size > 3_000
    if kind == "png":
        with Image.open(paths[0]) as image:
            assert image.size[0] == 450


def test_a_result_gives_its_table_run_and_attribution(table):
    report = {
        "inputs": [{"layer": "roads", "attribution": "© OpenStreetMap contributors"}],
        "version": "1",
        "run_id": "ab12",
    }
    texts = _texts(plot_ranking(SimpleNamespace(table=table, report=report)))
    assert any("run ab12" in t and "© OpenStreetMap contributors" in t for t in texts)


def test_pyplot_knows_nothing_of_a_figure(table):
    from matplotlib import pyplot

    plot_ranking(table)
    assert pyplot.get_fignums() == []


def test_errors_say_what_to_do(table, tmp_path):
    with pytest.raises(RenderError, match=r"rank_p5; give"):
        plot_ranking(table.drop(columns="rank_p5"))
    with pytest.raises(
        RenderError, match="'context' have no ranks; use candidate or by_product_host"
    ):
        plot_ranking(table, role="context")
    with pytest.raises(RenderError, match=r"let the name end in \.png, \.svg, \.pdf"):
        save_figure(plot_ranking(table), tmp_path / "figure.gif")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(SettingsError, match="cannot be written"):
        save_figure(plot_ranking(table), tmp_path / "file" / "figure.png")
