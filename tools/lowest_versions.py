"""Print the lowest version that pyproject.toml allows of each dependency, as pip constraints.

python tools/lowest_versions.py > lowest.txt && pip install -c lowest.txt -e '.[test]'
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def lowest_versions(project: Path = PROJECT) -> list[str]:
    """Give ``name==version`` for each dependency of geo_ree with a lower bound."""
    table = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    found = [re.match(r"([\w.-]+)>=([\w.]+)", line) for line in table["dependencies"]]
    return [f"{match[1]}=={match[2]}" for match in found if match]


if __name__ == "__main__":
    print("\n".join(lowest_versions()))
