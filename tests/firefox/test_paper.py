"""The sheet for the board in Firefox: without JavaScript, and on paper."""

import re

import pytest
from pypdf import PdfReader

pytestmark = pytest.mark.browser

NAMES = "[...document.querySelectorAll('#board tbody td:nth-child(2)')].map(t => t.firstChild.data)"


def printed(pdf):
    return [page.extract_text() for page in PdfReader(pdf).pages]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_page_one_is_the_sheet_and_the_best_dossiers_follow(starter_page, fox, tmp_path, language):
    seen = fox(starter_page[1], 1440, 900)
    seen.run(f"geoRee.set({{language: '{language}'}})")
    title = seen.text("#title")
    heads = seen.value(
        "(() => { window.dispatchEvent(new Event('beforeprint'));"
        "const all = [...document.querySelectorAll('#dossiers h3, #dossiers h4')].map(h => h.textContent);"
        "window.dispatchEvent(new Event('afterprint')); return all; })()"
    )
    sheets = printed(seen.pdf(tmp_path / "page.pdf"))
    names = seen.value(NAMES)
    first = " ".join(sheets[0].split())
    assert title in first
    assert seen.value("document.getElementById('disclaimer').textContent") in first
    assert all(name in first for name in names)
    assert names[0] in sheets[1].splitlines()[0]
    assert all(title in " ".join(text.split()) for text in sheets)
    assert len(heads) > 40
    last = [text.splitlines()[-3:] for text in sheets]
    assert not [line for lines in last for line in lines if line.strip() in heads]
    assert seen.trouble == []


def test_without_javascript_the_sheet_is_all_there_is(starter_page, fox, tmp_path):
    html = starter_page[1].read_text(encoding="utf-8")
    still = tmp_path / "still.html"
    still.write_text(re.sub(r"script-src [^;]*;", "script-src 'none';", html), encoding="utf-8")
    seen = fox(still, 900, 1200, ready=False)  # Firefox has no command that switches scripts off
    text = printed(seen.pdf(tmp_path / "page.pdf"))
    assert len(text) == 1
    assert "Kutessay II" in text[0] and "not investment advice" in text[0]
