"""docs/flags.md lists every rule as the package has it."""

import runpy
from pathlib import Path

from geo_ree.flagging.flag_rules import read_rules

PROJECT = Path(__file__).resolve().parents[2]


def test_the_page_about_flags_is_up_to_date():
    page = (PROJECT / "docs" / "flags.md").read_text(encoding="utf-8")
    made = runpy.run_path(str(PROJECT / "tools" / "write_flags_page.py"))["flags_page"]()
    assert page == made, "run python tools/write_flags_page.py"
    for rule in read_rules():
        assert f"| {rule.flag} | " in page and rule.reason in page
