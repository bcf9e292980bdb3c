"""The dossier beside the score: what speaks against a deposit, who holds it, its country; marks in the table."""

import pandas as pd
import pytest

from geo_ree.maps import render
from tests.maps.conftest import changed, written

pytestmark = pytest.mark.browser

KUTESSAY = "starter_deposits:kutessay-ii"


def opened(visit, path, deposit, **options):
    seen = visit(path, 1440, 900, **options)
    seen.page.evaluate(f"geoRee.open({deposit!r})")
    return seen


def unfolded(seen, part):
    seen.page.evaluate(f"document.querySelectorAll('{part} details').forEach(d => d.open = true)")
    return seen.page.inner_text(part)


def test_the_flags_stand_in_the_order_of_their_severity(starter_page, visit):
    result, path = starter_page
    flags = result.tables["flags"]
    seen = opened(visit, path, KUTESSAY)
    own = flags[(flags["deposit_id"] == KUTESSAY) & (flags["severity"] != "unknown")]
    kinds = seen.value(
        "[...document.querySelectorAll('.against .flags > li')].map(li => li.className)"
    )
    assert kinds == [f"flag-{severity}" for severity in own["severity"]]
    order = [("flag-stop", "flag-caution", "flag-note").index(kind) for kind in kinds]
    assert order == sorted(order) and len(order) > 1
    marks = seen.page.locator(".against .flags svg text").all_text_contents()
    assert marks == [severity[0].upper() for severity in own["severity"]]
    text = unfolded(seen, ".against")
    assert "WHAT SPEAKS AGAINST IT" in text.upper()
    assert "never part of the score" in text
    for source in own["source"].dropna():
        assert source.split(";")[0].split("http")[0].strip() in text
    assert seen.trouble == []


def test_what_is_not_known_folds_into_one_line(starter_page, visit):
    result, path = starter_page
    flags = result.tables["flags"]
    unknown = flags[flags["severity"] == "unknown"]
    deposit = unknown.loc[unknown["deposit_id"].isin(result.table["id"]), "deposit_id"].iloc[0]
    count = (unknown["deposit_id"] == deposit).sum()
    seen = opened(visit, path, deposit)
    summary = seen.page.locator(".against > details.flags-unknown > summary")
    assert summary.count() == 1
    assert str(count) in summary.inner_text()
    assert not seen.page.locator(".against > details.flags-unknown li >> nth=0").is_visible()


def test_the_holder_stands_with_date_source_and_what_was_not_found(starter_page, visit):
    result, path = starter_page
    control = result.tables["control"].set_index("deposit_id").loc[KUTESSAY]
    seen = opened(visit, path, KUTESSAY)
    text = unfolded(seen, ".who")
    assert control["holder"] in text and control["ultimate_owner"] in text
    assert "China, Kyrgyzstan" in text
    assert f"as of {control['as_of']}" in text
    assert seen.page.locator(".who .holders .unknown").first.inner_text() == "not found"
    assert seen.page.locator(".who details a[href^='https']").count() > 0


def test_a_holder_that_was_not_found_is_said_to_be_that(starter_page, visit):
    seen = opened(visit, starter_page[1], "starter_deposits:karajilga")
    text = seen.page.inner_text(".who")
    assert "Holder not found" in text and "Ultimate owner" in text


def test_a_merged_deposit_shows_the_better_row_first(data, tmp_path, visit):
    data["tables"]["control"] = pd.DataFrame(
        {
            "deposit_id": ["a", "a"],
            "holder_status": ["not found", "found"],
            "holder": [None, "First Ltd"],
            "as_of": ["2026-11", "2020"],
            "source": ["s", "s"],
        }
    )
    path = tmp_path / "map.html"
    path.write_text(render(**data), encoding="utf-8")
    text = opened(visit, path, "a").page.inner_text(".who")
    assert text.index("First Ltd") < text.index("Holder not found")


def test_a_candidate_that_nobody_looked_up_says_so(data, tmp_path, visit):
    path = tmp_path / "map.html"
    path.write_text(render(**data), encoding="utf-8")
    assert "Not looked up." in opened(visit, path, "a").page.inner_text(".who")


def test_a_weak_source_is_one_account(data, tmp_path, visit):
    data["tables"]["control"] = pd.DataFrame(
        {
            "deposit_id": ["a"],
            "holder_status": ["partly"],
            "holder": ["Some Ltd"],
            "as_of": ["2026"],
            "source": ["a forum"],
            "source_quality": ["weak"],
        }
    )
    path = tmp_path / "map.html"
    path.write_text(render(**data), encoding="utf-8")
    assert "by one account, Some Ltd" in opened(visit, path, "a").page.inner_text(".who")


def test_the_country_has_its_dated_facts_and_the_deposit_its_deals(starter_page, visit):
    result, path = starter_page
    seen = opened(visit, path, KUTESSAY)
    text = unfolded(seen, ".country-facts")
    governance, deals = (result.tables[name] for name in ("governance", "deals"))
    for table in (
        governance[governance["country"].isin(["KGZ", "CHN"])],
        deals[deals["deposit_id"] == KUTESSAY],
    ):
        assert len(table) > 2
        for date in table["date"]:
            assert date in text
    assert "No rating of ours" in text
    assert "MNG" not in text and "Mongolia" not in text
    dates = seen.value(
        "[...document.querySelectorAll('.country-facts > .facts > li > strong')].map(b => b.textContent)"
    )
    assert dates == sorted(dates, reverse=True)


def test_the_table_has_marks_of_shape_and_letter_with_a_label(starter_page, visit):
    result, path = starter_page
    seen = visit(path, 1920, 1000)
    cell = seen.page.locator(f"#ranking tr[data-id='{KUTESSAY}'] td.f .flag-marks")
    table = result.table.set_index("id").loc[KUTESSAY]
    label = cell.get_attribute("aria-label")
    for severity, word in (("stop", "stop"), ("caution", "caution"), ("note", "note")):
        count = int(table[f"flags_{severity}"])
        assert (f"{count} {word}" in label) == (count > 0)
    assert cell.get_attribute("title")
    marks = cell.locator("svg")
    assert marks.count() == len([s for s in ("stop", "caution") if table[f"flags_{s}"]])
    assert set(marks.locator("text").all_text_contents()) <= {"S", "C"}
    seen.page.click("#ranking th.f button")
    ranks = seen.value(
        "[...document.querySelectorAll('#ranking tr.row')].map(r => geoRee.flagRank(geoRee.byId[r.dataset.id]))"
    )
    assert ranks == sorted(ranks, reverse=True)
    assert seen.trouble == []


def test_a_run_without_flags_has_no_column_of_them(data, tmp_path, visit):
    path = tmp_path / "map.html"
    path.write_text(render(**data), encoding="utf-8")
    seen = visit(path)
    assert seen.page.locator("#ranking th.f").count() == 0
    seen.page.evaluate("geoRee.open('a')")
    assert seen.page.locator(".against").count() == 0


def test_in_russian_the_parts_have_russian_words(starter_page, visit):
    seen = opened(visit, starter_page[1], KUTESSAY)
    seen.page.evaluate("geoRee.set({language: 'ru'})")
    text = seen.page.inner_text(".dossier")
    assert "Конечный владелец" in text and "не найдено" in text
    assert "Ultimate owner" not in text
    assert seen.value("geoRee.untranslated") == []


def test_hostile_facts_stay_texts(data, tmp_path, visit):
    bad = "<img src=x onerror=alert(1)>"
    flag = {key: [bad] for key in ("flag", "fact", "value", "unit", "date", "source", "licence")}
    data["tables"]["flags"] = pd.DataFrame({"deposit_id": ["a"], "severity": ["stop"], **flag})
    names = ("holder", "ultimate_owner", "owner_country", "partner", "as_of", "source", "note")
    data["tables"]["control"] = pd.DataFrame(
        {"deposit_id": ["a"], "holder_status": ["found"], **{key: [bad] for key in names}}
    )
    fact = {key: [bad] for key in ("fact", "date", "parties", "source", "note")}
    data["tables"]["deals"] = pd.DataFrame({"deposit_id": ["a"], "country": ["KAZ"], **fact})
    code = data["tables"]["scores"]["country"].iloc[0]
    data["tables"]["governance"] = pd.DataFrame({"country": [code], "topic": ["law"], **fact})
    path = tmp_path / "map.html"
    path.write_text(render(**data), encoding="utf-8")
    seen = opened(visit, path, "a")
    seen.page.evaluate("document.querySelectorAll('.dossier details').forEach(d => d.open = true)")
    assert seen.page.locator(".dossier img").count() == 0
    assert bad in seen.page.inner_text(".dossier")
    assert seen.trouble == []


def test_a_note_that_speaks_of_the_deals_leads_to_them(starter_page, visit):
    control = starter_page[0].tables["control"]
    speaking = control[control["note"].str.contains("see the deals of this deposit", na=False)]
    seen = visit(starter_page[1], 1440, 900)
    seen.page.evaluate("id => geoRee.open(id)", speaking["deposit_id"].iloc[0])
    link = seen.page.locator("#dossier .who button.as-link")
    assert ".csv" not in seen.page.inner_text("#dossier")
    heading = seen.page.locator("#dossier .country-facts h4").first
    before = heading.bounding_box()["y"]
    link.click()
    seen.until(
        "Math.abs(document.querySelector('#dossier .country-facts').getBoundingClientRect().top) < 300"
    )
    assert heading.bounding_box()["y"] < before
    assert seen.trouble == []


PARTLY = {"holder_status": "partly"}


@pytest.mark.parametrize(
    ("row", "flag", "verdict", "words"),
    [
        (
            {"owner_country": "USA;KAZ"},
            None,
            "yes",
            "already (United States): Acme, last seen 2025-12",
        ),
        (
            {"partner_country": "GBR", "partner": "Beta"},
            None,
            "yes",
            "already (United Kingdom): Beta, last seen 2024-09",
        ),
        ({"owner_country": "USA"}, "state_share", "yes", "The state has a share or may take one"),
        (
            {
                "owner_country": "KAZ;USA",
                "ultimate_owner": "Fund 25 %; Cove 75 %",
                "kind_of_right": "exploration contract",
            },
            None,
            "yes",
            "is in already (United States, exploration contract): Cove 75 %, last seen 2025-12",
        ),
        ({"owner_country": "CHN;KGZ"}, None, "no", "No: a company from China holds it"),
        ({"owner_country": "USA"}, "sanctions", "no", "Against it: "),
        ({"holder_status": "not found"}, "sanctions", "no", "no holder was found"),
        ({"holder_status": "not found"}, None, "unclear", "ask the licensing body"),
        (None, None, "unclear", "its holder was not looked up"),
        ({"owner_country": "CHN", **PARTLY}, None, "unclear", "known in part"),
        (
            {"owner_country": "CHN", "holder": "Acme (by one account)", **PARTLY},
            None,
            "unclear",
            "by one account",
        ),
        ({"owner_country": "USA", **PARTLY}, None, "unclear", "known in part"),
        ({"owner_country": "USA", "source_quality": "weak"}, None, "unclear", "known in part"),
        ({"owner_country": "USA"}, "park", "unclear", "Against it: park or reserve"),
        ({"owner_country": "USA"}, "licence", "unclear", "Its licence was withdrawn, has ended"),
        ({"owner_country": "CHN;USA"}, None, "unclear", "companies from China, United States"),
        ({"owner_country": "KAZ"}, None, "unclear", "its holder has owners from Kazakhstan"),
        ({"holder": "no licence holder; survey ground"}, None, "unclear", "no licence holder"),
        ({}, None, "unclear", "the country of the owner is not: Acme"),
    ],
)
def test_whether_an_investor_could_come_in_is_answered_first_by_stated_rules(
    data, tmp_path, visit, row, flag, verdict, words
):
    columns = ("deposit_id", "holder_status", "holder", "owner_country", "partner")
    columns += ("partner_country", "as_of", "source", "source_quality")
    columns += ("partner_as_of", "ultimate_owner", "kind_of_right")
    given = {"deposit_id": "a", "holder_status": "found", "holder": "Acme", "as_of": "2025-12"}
    given |= {"source": "A list of 2025", "partner_as_of": "2024-09", **(row or {})}
    if given["holder_status"] == "not found":
        given["holder"] = None
    control = pd.DataFrame([] if row is None else [given], columns=list(columns))
    severity = "stop" if flag in ("park", "sanctions") else "caution"
    facts = {"deposit_id": "a", "flag": flag, "severity": severity, "fact": "A fact."}
    facts |= {"date": "2025", "source": "A list"}
    shown = pd.DataFrame([facts] if flag else [], columns=list(facts))
    seen = visit(written(changed(data, control=control, flags=shown), tmp_path))
    seen.page.evaluate("geoRee.open('a')")
    said = seen.page.inner_text("#dossier .investor")
    first = {"yes": "A Western company is in already", "no": "No:", "unclear": "Unclear:"}
    assert seen.page.inner_text("#dossier .investor .verdict") == first[verdict]
    assert words in said
    assert ("as of 2025-12" in said) == (row is not None and verdict != "yes")
    assert seen.trouble == []


def test_dates_have_the_order_of_the_language(data, tmp_path, visit):
    seen = visit(written(data, tmp_path))
    both = "2024-03-15; 2025-12; OFR 02-189; 2009-2029; 2010-07-01-x"
    assert seen.value(f"geoRee.dates({both!r})") == both
    seen.page.evaluate("geoRee.set({language: 'ru'})")
    assert seen.value(f"geoRee.dates({both!r})") == (
        "15.03.2024; 12.2025; OFR 02-189; 2009-2029; 2010-07-01-x"
    )


def test_a_partner_is_as_old_as_the_newest_source_that_names_it(starter_page, visit):
    """The date of a licence list is not that of an option; share, right and list are a click away at most."""
    control = starter_page[0].tables["control"].dropna(subset=["partner_as_of"])
    assert len(control) and (control["partner_as_of"] < control["as_of"]).all()
    seen = visit(starter_page[1], 1440, 900)
    for row in control.itertuples():
        said = seen.value(
            f"geoRee.investorAnswer(geoRee.byId[{row.deposit_id!r}]).map(p => p.textContent || p).flat().join('')"
        )
        assert row.as_of not in said and seen.value(f"geoRee.dates({row.partner_as_of!r})") in said
        assert seen.value(f"geoRee.rightOf(geoRee.byId[{row.deposit_id!r}])").startswith(
            row.kind_of_right
        )
    listed = seen.page.locator(".partner-list")
    assert listed.count() == 1 and "FORGE" in listed.text_content()
    names = seen.value("geoRee.data.partner_countries.map(geoRee.country)")
    assert all(len(name) > 3 and name in listed.text_content() for name in names)
