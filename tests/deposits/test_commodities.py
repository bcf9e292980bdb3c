import csv
from pathlib import Path

import pandas as pd
import pytest

from geo_ree.catalog import load_catalog
from geo_ree.catalog.table_rules import Commodities
from geo_ree.deposits.column_rules import TableTask
from geo_ree.deposits.commodities import add_commodities, classify_commodities

JUDGED = Path(__file__).parent / "judged" / "commodities_ofr_2005_1294.csv"
FIRST = Commodities(main=("c",), first_is_main=True)


def derived(source_id, **columns):
    source = load_catalog()[source_id]
    table = pd.DataFrame(columns, dtype=str)
    out = pd.DataFrame({"kind": ["deposit"] * len(table)}, index=table.index)
    task = TableTask(source)
    return add_commodities(out, table, task), task


def test_each_combination_is_classified_as_it_was_by_hand():
    with JUDGED.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 460
    out, task = derived(
        "usgs_major_deposits", **{"commodity.value": [r["commodities"] for r in rows]}
    )
    for name in ("commodities", "role", "commodity_tier", "commodity_group"):
        assert out[name].fillna("").tolist() == [r[name] for r in rows], name
    assert task.unrecognised == {}


@pytest.mark.parametrize(
    ("columns", "tier", "group", "role"),
    [
        (("Cerium,Iron", "", ""), "primary", "rare_earth", "candidate"),
        (("Iron,Lanthanum", "Copper", ""), "primary", "rare_earth", "candidate"),
        (("Iron", "Cerium", ""), "by_product", "rare_earth_by_product", "by_product_host"),
        (("Iron", "", "Yttrium"), "assay", "iron", "context"),
        (("", "", "Yttrium"), "assay", "unknown", "context"),
        (("Scandium", "Gold", ""), None, "rare_metal", "context"),
        (("", "", ""), None, "unknown", "context"),
    ],
)
def test_the_three_columns_of_mrds_are_three_tiers(columns, tier, group, role):
    main, minor, trace = columns
    out, _ = derived(
        "usgs_mrds",
        commod1=[main],
        commod2=[minor],
        commod3=[trace],
        oper_type=[""],
        site_name=[""],
    )
    row = out.iloc[0]
    assert (row["commodity_tier"] or None, row["commodity_group"], row["role"]) == (
        tier,
        group,
        role,
    )


def test_commodities_keep_the_order_of_the_source_and_appear_once():
    said = classify_commodities(["Gold, Silver"], ["Silver,Sand And Gravel,Construction"], ["Gold"])
    assert said.commodities == "Au;Ag;sand and gravel"
    assert said.group == "precious"


def test_where_only_the_first_word_is_main_the_others_come_with_it():
    assert classify_commodities(["REE;Nb"], rule=FIRST).tier == "primary"
    assert classify_commodities(["Nb;REE"], rule=FIRST).tier == "by_product"
    assert classify_commodities(["Dimension, REE"], rule=FIRST).tier == "primary"


def test_an_uncertain_rare_earth_is_not_a_candidate_and_keeps_its_mark():
    said = classify_commodities(["REE(?)", "Cu?"])
    assert (said.commodities, said.tier, said.role) == ("REE(?);Cu(?)", "", "context")
    assert classify_commodities(["Cu(?), Au"]).group == "nonferrous"


def test_an_unknown_word_is_kept_counted_and_listed():
    out, task = derived(
        "usgs_pp1802", CRITICAL_M=["Unobtainium; Tin", "Unobtainium", "Niobium and Tantalum"]
    )
    assert out["commodities"].tolist() == ["Unobtainium;Sn", "Unobtainium", "Nb;Ta"]
    assert out["commodity_group"].tolist() == ["unknown", "unknown", "rare_metal"]
    assert task.unrecognised == {"commodities": {"Unobtainium": 2}}


def test_a_works_has_the_role_of_a_plant():
    source = load_catalog()["usgs_pp1802"]
    table = pd.DataFrame({"CRITICAL_M": ["Rare-Earth Elements"]})
    out = add_commodities(pd.DataFrame({"kind": ["plant"]}), table, TableTask(source))
    assert out["role"].tolist() == ["plant"]
    assert out["commodity_group"].tolist() == ["rare_earth"]


def test_facilities_get_a_group_and_no_role():
    out, _ = derived(
        "icmm_mines",
        **{
            "Primary Commodity": ["copper", "lanthanides"],
            "Secondary Commodity": ["lead", ""],
            "Other Commodities": ["monazite;gold", ""],
        },
    )
    assert out["commodities"].tolist() == ["Cu;Pb;monazite;Au", "REE"]
    assert out["commodity_group"].tolist() == ["rare_earth_by_product", "rare_earth"]
    assert "role" not in out


@pytest.mark.parametrize(
    ("cells", "kept", "unclear"),
    [
        (["nd", "Cu, nd", "Nd"], [None, "Cu", "Nd"], {"nd": 2}),
        (["ND", "n.d.", "н.д."], [None, None, None], {"ND": 1}),
        (["CU, ND", "LA"], ["Cu;Nd", "La"], {}),
        (["cu, nd", "la"], ["Cu;Nd", "La"], {}),
        (["Y", "N", "Y"], [None, None, None], {"Y": 2}),
        (["Y", "Ce"], ["Y", "Ce"], {}),
        (["Cu, n/a", "—"], ["Cu", None], {}),
    ],
)
def test_nd_is_neodymium_only_where_the_column_writes_symbols_so(cells, kept, unclear):
    table = pd.DataFrame({"what": cells}, dtype=object)
    source = load_catalog()["usgs_ree"].model_copy(
        update={
            "columns": {},
            "constants": {},
            "words": {},
            "values": {},
            "commodities": Commodities(main=("what",)),
        }
    )
    task = TableTask(source)
    out = add_commodities(pd.DataFrame(index=table.index), table, task)
    assert [v or None for v in out["commodities"]] == kept
    assert {w: n for w, n in task.unrecognised.get("commodities", {}).items() if n} == unclear
