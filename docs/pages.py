"""The pages that are made from the code: sources, data dictionary and public names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geo_ree
from geo_ree.catalog import Source, load_catalog
from geo_ree.schema import LAYERS
from geo_ree.schema.columns import INTERNAL, output_columns, table_names

_STATUS = {
    "ok": "fetched by `geo-ree fetch`",
    "unverified": "fetched by `geo-ree fetch`; its columns were not seen in print",
    "manual": "only as a file that you provide (`--file`)",
    "none": "not published",
}
_EVIDENCE = {
    "confirmed": "seen in print",
    "pattern": "inferred from that of a sibling",
    "guess": "general knowledge, or nothing found where one would look",
}
_STAGES = {
    "geo_ree.pipeline": "Run the pipeline",
    "geo_ree.settings": "Run the pipeline",
    "geo_ree.errors": "Run the pipeline",
    "geo_ree.catalog": "Sources",
    "geo_ree.fetching": "Sources",
    "geo_ree.storage": "Sources",
    "geo_ree.deposits": "Deposits",
    "geo_ree.proximity": "Distances",
    "geo_ree.scoring": "Scores",
    "geo_ree.studies": "Studies",
    "geo_ree.outputs": "Figures",
}
OTHER = "More"


def write(folder: Path) -> None:
    """Write the pages into a folder, which is made where it is missing."""
    folder.mkdir(exist_ok=True)
    (folder / "data-dictionary.md").write_text(columns_page(), encoding="utf-8")
    (folder / "sources.md").write_text(source_page(load_catalog()), encoding="utf-8")
    (folder / "api.rst").write_text(api_page(), encoding="utf-8")


def source_page(catalog: Mapping[str, Source]) -> str:
    """Every source with its licence and its caveats, by layer."""
    out = ["# The sources", "", _INTRODUCTION.format(count=len(catalog)), ""]
    by_layer: dict[str, list[Source]] = {}
    for source in catalog.values():
        layers = (source.layer, *(t.layer for t in source.table))
        for layer in sorted({name for name in layers if name}):
            by_layer.setdefault(layer, []).append(source)
    seen: set[str] = set()
    for layer, sources in sorted(by_layer.items()):
        out += [f"## {layer.replace('_', ' ').capitalize()}", ""]
        for source in sources:
            if source.id in seen:
                out += [f"**{source.title}** (`{source.id}`) feeds this layer too.", ""]
            else:
                out += _told(source)
            seen.add(source.id)
    return "\n".join(out)


def _told(source: Source) -> list[str]:
    facts = {
        "Publisher": source.publisher,
        "Covers": source.country,
        "Edition": source.edition,
        "Licence": _link(source.licence, source.licence_url),
        "To be shown": source.attribution,
        "How to have it": _STATUS[source.status],
        "Address": f"{_EVIDENCE[source.evidence]}; protocol `{source.protocol}`",
        "More": _link(source.landing_page, source.landing_page) if source.landing_page else "",
        "Why": source.why,
        "What to do": source.instead,
        "Caveats": source.notes,
    }
    rows = [f"| {k} | {_cell(v)} |" for k, v in facts.items() if v]
    return [f"### {_cell(source.title)}", "", "| `" + source.id + "` | |", "|---|---|", *rows, ""]


def columns_page() -> str:
    """Every column of every table and canonical layer: unit, decimals, meaning."""
    out = ["# Data dictionary", "", _COLUMNS, ""]
    for table in table_names():
        out += [f"## {table}", "", "| column | unit | decimals | meaning |", "|---|---|---|---|"]
        out += [
            f"| `{c.name}` | {c.unit} | {'' if c.decimals is None else c.decimals} | "
            f"{_cell(c.description)} |"
            for c in output_columns(table)
            if c.unit != INTERNAL
        ]
        out.append("")
    out += ["## Canonical layers", ""]
    for layer in LAYERS.values():
        out += [f"### Layer {layer.name}", "", "| column | kind | meaning |", "|---|---|---|"]
        out += [f"| `{c.name}` | {c.kind} | {_cell(c.meaning)} |" for c in layer.columns]
        out.append("")
    return "\n".join(out)


def _link(text: str, address: str) -> str:
    return f"[{text}]({address})" if address else text


def _cell(text: str) -> str:
    plain = " ".join(text.split())
    for mark in ("\\", "|", "<", "$", "*"):
        plain = plain.replace(mark, f"\\{mark}")
    return plain


def api_page() -> str:
    """The public names by the stage that they belong to, each with a page of its own."""
    groups: dict[str, list[str]] = {}
    for name in geo_ree.__all__:
        if name == "__version__":
            continue
        package = ".".join(getattr(geo_ree, name).__module__.split(".")[:2])
        groups.setdefault(_STAGES.get(package, OTHER), []).append(name)
    title = "The public names"
    out = [title, "=" * len(title), "", "All are in ``geo_ree``, loaded when first used.", ""]
    order = [*dict.fromkeys(_STAGES.values()), OTHER]
    for title in sorted(groups, key=order.index):
        out += [title, "-" * len(title), "", ".. autosummary::", "   :toctree: api", ""]
        out += [*(f"   ~geo_ree.{name}" for name in groups[title]), ""]
    return "\n".join(out)


_COLUMNS = """\
Every column that leaves geo_ree. A `*` stands for the name of a target or criterion. This page, the sheet
`Columns` of the workbook and the order and decimals of every table come from
`geo_ree/schema/columns.csv`; the canonical layers are defined in `geo_ree/schema/canonical.py`."""

_INTRODUCTION = """\
The catalogue has {count} sources. This page is made of it (`geo_ree/catalog/*.toml`), so it says what the \
program does. `geo-ree sources` prints the same with what is at hand on your machine, \
`geo-ree sources show kazakhstan` what a country publishes, and
[adding a source](../adding-a-source.md) tells how another joins them."""
