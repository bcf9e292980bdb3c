"""Check that every place which names the version names the same: fails with what differs.

python tools/check_version.py            # CITATION.cff and CHANGELOG.md against geo_ree/_version.py
python tools/check_version.py v1.2.3     # before a release: the tag as well, and its heading and dates
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]


def _find(pattern: str, file: str, project: Path) -> str:
    text = (project / file).read_text(encoding="utf-8")
    found = re.search(pattern, text, re.MULTILINE)
    if found is None:
        raise SystemExit(f"{file}: found no line like {pattern}")
    return found[1]


def problems(tag: str | None = None, project: Path = PROJECT) -> list[str]:
    """Name what contradicts ``geo_ree/_version.py``; with a tag, what a release lacks too."""
    version = _find(r'^__version__ = "(.+)"$', "geo_ree/_version.py", project)
    cited = _find(r"^version: (.+)$", "CITATION.cff", project)
    newest = _find(r"^## \[(.+?)\]", "CHANGELOG.md", project)
    out = []
    if cited != version:
        out.append(f"CITATION.cff says version {cited}, geo_ree/_version.py says {version}")
    if newest not in ("Unreleased", version):
        out.append(f"CHANGELOG.md begins with {newest}, geo_ree/_version.py says {version}")
    if tag is None:
        return out
    if tag != f"v{version}":
        out.append(f"the tag is {tag}, geo_ree/_version.py says {version}")
    released = re.search(
        rf"^## \[{re.escape(version)}\] - (\d{{4}}-\d\d-\d\d)$",
        (project / "CHANGELOG.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    if released is None:
        out.append(f"CHANGELOG.md has no heading '## [{version}] - YYYY-MM-DD'")
    elif (dated := _find(r"^date-released: (.+)$", "CITATION.cff", project)) != released[1]:
        out.append(f"CITATION.cff says {dated}, CHANGELOG.md says {released[1]}")
    return out


def main() -> None:
    found = problems(sys.argv[1] if len(sys.argv) > 1 else None)
    if found:
        raise SystemExit("\n".join(found))
    print("one version everywhere")


if __name__ == "__main__":
    main()
