"""What is paid for a product: one deck of annual means, mixes that add up, payabilities with sources."""

import numpy as np
import pytest

from geo_ree.errors import RouteError
from geo_ree.routing.facts_tables import FACTS, read_facts
from geo_ree.routing.payable import (
    DECK,
    ELEMENTS,
    draw_basket,
    draw_payable,
    price_deck,
    read_mixes,
    read_payabilities,
)


def test_the_deck_is_one_source_by_year_and_holds_no_spot_date():
    rows = read_facts("prices")
    deck = rows[rows["deck"] == DECK]
    assert deck.groupby("element")["date"].agg(sorted).map(tuple).unique().tolist() == [
        ("2021", "2022", "2023", "2024", "2025")
    ]
    assert deck["element"].nunique() == 15
    assert deck["source"].nunique() == 1


def test_neodymium_praseodymium_has_its_published_range():
    rows = read_facts("prices")
    pair = rows[(rows["element"] == "NdPr") & (rows["deck"] == DECK)]["usd_kg"]
    assert (pair.min(), pair.mean(), pair.max()) == (55, 83, 124)


@pytest.mark.parametrize(
    ("mix", "name", "year", "usd_t"),
    [
        ("bastnaesite", "Bayan Obo", "2024", 15_995),
        ("bastnaesite", "Bayan Obo", "2022", 36_814),
        ("bastnaesite", "Mountain Pass", "2022", 22_471),
        ("monazite", "Manavalakurichi", "2023", 22_520),
        ("ion_clay", "Xinfeng", "2025", 41_077),
    ],
)
def test_baskets_are_those_that_payabilities_were_derived_from(mix, name, year, usd_t):
    value = (read_mixes().loc[(mix, name)] * price_deck().loc[year]).sum() * 1000
    # Published mixes add up to 98 to 103 per cent, ours to 100.
    assert value == pytest.approx(usd_t, rel=0.03)


def test_variants_of_the_deck():
    deck, bare = price_deck(), price_deck("without_vat")
    assert np.allclose(deck, bare * 1.13)
    zero = price_deck("la_ce_zero")
    assert not zero[["La", "Ce"]].to_numpy().any()
    assert np.allclose(zero["Nd"], deck["Nd"])
    assert (price_deck("europe")["Dy"] > deck["Dy"]).all()
    with pytest.raises(RouteError, match="'spot' is no price variant"):
        price_deck("spot")


def test_mixes_add_up_and_cover_what_the_minerals_need():
    assert np.allclose(read_mixes().sum(axis=1), 1.0)
    wanted = {mix for mixes in read_facts("process")["mixes"] for mix in mixes.split(";")}
    assert wanted <= set(read_mixes().index.get_level_values("mix"))


def test_payabilities_that_are_derived_are_the_quantiles_of_what_was_observed():
    table = read_facts("payability")
    for row in table[table["basis"] == "derived"].to_dict("records"):
        observed = [float(v) for v in row["observed_pct_of_fob"].split(";")]
        ends = np.quantile(observed, (0.1, 0.5, 0.9))
        assert np.allclose(ends, [row["p10"], row["p50"], row["p90"]], atol=0.051)
    assert set(read_facts("process")["payable"]) <= set(read_payabilities())


def test_the_payable_value_is_never_that_of_separated_oxides():
    basket = draw_basket(["bastnaesite"], 300, 1)
    for payable in read_payabilities():
        paid = draw_payable(payable, ["bastnaesite"], 300, 1)
        assert (paid <= basket * (1 + 1e-12)).all()
        if payable != "separated":
            assert np.median(paid / basket) < 0.7


def test_a_basket_of_one_mix_lies_between_its_cheapest_and_dearest_year():
    shares = read_mixes().loc["xenotime"].to_numpy()
    by_year = price_deck().to_numpy() @ shares.T * 1000
    drawn = draw_basket(["xenotime"], 300, 1)
    assert drawn.min() == pytest.approx(by_year.min())
    assert drawn.max() == pytest.approx(by_year.max())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("usgs_fob,La,2021,1.51", "usgs_fob,La,,1.51", r"row 2 .*there is no date"),
        ("usgs_fob,La,2021,1.51", "usgs_fob,La,2021,-1.51", r"row 2 .*usd_kg is '-1.51'"),
        ("usgs_fob,La,2021,1.51", "spot,La,2021,1.51", r"row 2 .*deck is 'spot'"),
    ],
)
def test_a_price_without_a_date_or_below_zero_names_file_and_row(tmp_path, old, new, said):
    text = (FACTS / "prices.csv").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "prices.csv"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(RouteError, match=rf"prices\.csv {said}"):
        price_deck(path=path)


def test_thulium_has_no_price_and_all_other_elements_have_one():
    deck = price_deck()
    assert list(deck.columns) == list(ELEMENTS)
    assert [e for e in ELEMENTS if not deck[e].any()] == ["Tm"]
