"""Validate on everything fetched, and write what was found where people read it.

    python tools/write_validation.py --data DIR

DIR is a data folder with the sources that docs/validation.md names. Writes
geo_ree/scoring/evidence.toml, the part of docs/validation.md between its two marks, and
docs/success_rate.png: no figure of a validation is written by hand.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from geo_ree.routing.route_answers import AVOIDED
from geo_ree.scoring.evidence import GRADES, Evidence
from geo_ree.settings import Options, Settings
from geo_ree.studies.validation import Validation, validate
from geo_ree.studies.validation.criterion_evidence import RAILWAY
from geo_ree.studies.validation.route_measures import MEASURES

ROOT = Path(__file__).parents[1]
EVIDENCE = ROOT / "geo_ree" / "scoring" / "evidence.toml"
PAGE = ROOT / "docs" / "validation.md"
PICTURE = ROOT / "docs" / "success_rate.png"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
MAIN = ("all", "seven")
WORDS = {
    "railway": "the distance to the nearest railway",
    "other_plant": "the distance to the next processing plant",
    "other_mine": "the distance to the next other mine",
    "population": "the distance to the nearest settlement",
}
QUESTIONS = {"": "", "any": "any way", "default": "not through " + ", ".join(AVOIDED)}


def main() -> None:
    """Validate, and write the three files."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    done = validate(Settings(data_root=options.parse_args().data), Options())
    EVIDENCE.write_text(evidence_file(done), encoding="utf-8", newline="\n")
    page = PAGE.read_text(encoding="utf-8")
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    text = f"{before}{BEGIN}\n{figures(done)}\n{END}{after}"
    PAGE.write_text(text, encoding="utf-8", newline="\n")
    done.figure().savefig(PICTURE, metadata={"Software": None})


def evidence_file(done: Validation) -> str:
    """The text of ``evidence.toml``, from the main trial."""
    row = whole(done).loc[MAIN]
    trial = f"{row['mines']} mines and {row['others']} other sites of the seven countries"
    lines = [
        "# What geo-ree validate found for each criterion of the preset infrastructure, in its main trial.",
        "# Written by tools/write_validation.py. AUC alone, and what the criterion adds to the railway,",
        "# each with its 95 % interval.",
        "",
        f"trial = {json.dumps(trial)}",
    ]
    for name, column, found in main_evidence(done):
        if found.auc is not None:
            lines += ["", f"[columns.{column}]"]
            lines += ["base = true"] if name == RAILWAY else []
            lines += [f"auc = {list(found.auc)}"]
            lines += [f"adds = {list(found.adds)}"] if found.adds is not None else []
    return "\n".join(lines) + "\n"


def main_evidence(done: Validation) -> Iterator[tuple[str, str, Evidence]]:
    """Name, column and evidence of each criterion in the main trial."""
    rows = done.criteria[(done.criteria["trial"] == MAIN[0]) & (done.criteria["scope"] == MAIN[1])]
    for _, row in rows.iterrows():
        ranges = {
            name: tuple(round(float(row[name + end]), 2) + 0.0 for end in ("", "_low", "_high"))
            for name in ("auc", "adds")
            if pd.notna(row.get(name))
        }
        evidence = Evidence(**ranges, base=row["criterion"] == RAILWAY)
        yield row["criterion"], row["column"], evidence


def whole(done: Validation) -> pd.DataFrame:
    """The rows of whole scopes, by trial and scope."""
    rows = done.table[done.table["country"] == ""]
    return rows.set_index(["trial", "scope"])


def figures(done: Validation) -> str:
    """The part of the page that is made from figures: failures first, then what holds, then tables."""
    failures, holds = findings(done)
    sections = [
        "## Where it fails\n",
        *(f"{n}. {text}" for n, text in enumerate(failures, 1)),
        "\n## What holds\n",
        *(f"- {text}" for text in holds),
        "\n## Each criterion, failures first\n",
        criteria_table(done),
        "\n`alone`: the AUC of the distance alone. `added`: the AUC of the criterion and the railway together,"
        "\nin the ratio of their weights, less that of the railway alone, on the sites where both are known."
        "\nA criterion without a weight counts as much as the mean of the others.",
        "\n## Routes and dollars\n",
        *(f"- {text}" for text in of_routes(done)),
        "",
        measures_table(done, MAIN),
        "\n## All figures\n",
        results_table(done),
        "\nThe same trials against other distances alone:\n",
        baselines_table(done),
        "\nRoutes and costs, each beside the distance to the railway on the same sites:\n",
        measures_table(done),
        "\nCountries with at least 15 sites of each class:\n",
        countries_table(done),
    ]
    return "\n".join(sections)


def findings(done: Validation) -> tuple[list[str], list[str]]:
    """Sentences on failures, and on what holds, from the intervals alone."""
    rows = whole(done)
    near = rows[rows.index.get_level_values("scope") != "world"]
    row, clean = rows.loc[MAIN], rows.loc[("major", "seven")]
    against = [compared(row, near, name) for name in WORDS]
    failures = [text for text, holds in against if not holds]
    failures += [additions(done), *of_chance(row, near), *of_the_world(done, rows)]
    holds = [text for text, held in against if held]
    holds.append(
        f"Among major deposits of the seven countries, the cleanest trial (one table, one set of compilers), "
        f"the AUC is {cell(clean, 'auc')}, within countries {cell(clean, 'within_auc')}."
    )
    return failures, holds


def compared(row: pd.Series, near: pd.DataFrame, name: str) -> tuple[str, bool]:
    """The sentence on the gain over one distance alone, and whether the gain is sure."""
    gain = "gain" if name == "population" else f"gain_over_{name}"
    known = near[near[name].notna()]
    ahead, sure = int((known[gain] < 0).sum()), int((known[f"{gain}_low"] > 0).sum())
    text = (
        f"Against {WORDS[name]} alone the score gains {cell(row, gain, signed=True)} in the main trial "
        f"({cell(row, 'auc')} against {cell(row, name)})"
    )
    if row[f"{gain}_low"] > 0:
        return f"{text}; in {sure} of {len(known)} trials the gain is sure.", True
    return (
        f"{text}: no sure gain. That distance alone does better in {ahead} of {len(known)} trials, "
        f"and the score is surely better in {sure}."
    ), False


def additions(done: Validation) -> str:
    """The sentence on what the criteria add to the railway."""
    adding = [n for n, _, e in main_evidence(done) if e.grade == "adds"]
    harmful = [n for n, _, e in main_evidence(done) if e.adds is not None and e.adds[2] < 0]
    who = f"Only {', '.join(adding)} adds" if adding else "No criterion adds"
    return f"{who} anything sure to the railway{said_to_harm(harmful)}."


def of_chance(row: pd.Series, near: pd.DataFrame) -> list[str]:
    """Sentences on random weights, and on sites of one country."""
    beaten = 100 * near["beats_random"]
    chance = [
        f"{trial}, {scope}: {cell(r, 'within_auc')}"
        for (trial, scope), r in near.iterrows()
        if r["within_auc_low"] <= 0.5
    ]
    return [
        f"Random weights do nearly as well: uniformly random ones have a median AUC of {row['random_p50']:.2f}, "
        f"and the preset is better than {100 * row['beats_random']:.0f} % of them "
        f"({beaten.min():.0f} to {beaten.max():.0f} % over the trials).",
        f"Within countries the main trial falls from {row['auc']:.2f} to {cell(row, 'within_auc')}: mines and "
        "prospects are listed in different countries, which explains a part of the AUC.",
        f"Compatible with chance within countries: {'; '.join(chance) or 'none'}.",
    ]


def of_the_world(done: Validation, rows: pd.DataFrame) -> list[str]:
    """The sentence on the world, where few layers are known; none without that scope."""
    world = rows[rows.index.get_level_values("scope") == "world"]
    if world.empty:
        return []
    other = world["other_mine"]
    return [
        f"In the world, where only {', '.join(done.layers['world'])} are known, the AUC is "
        f"{world['auc'].min():.2f} to {world['auc'].max():.2f}, and {WORDS['other_mine']} alone has "
        f"{other.min():.2f} to {other.max():.2f}."
    ]


def said_to_harm(names: list[str]) -> str:
    """The end of the sentence on what criteria add."""
    return f"; {', '.join(names)} surely lowers the AUC" if names else ""


def of_routes(done: Validation) -> list[str]:
    """Sentences on route km, haulage and access cost in the main trial, from the intervals alone."""
    rows = tested_measures(done)
    own = rows[(rows["trial"] == MAIN[0]) & (rows["scope"] == MAIN[1])].set_index("measure")
    return [
        f"{MEASURES[name].words.capitalize()} by {'ways ' * (row['question'] != 'any')}{QUESTIONS[row['question']]}: "
        f"{cell(row, 'auc')}, within countries {cell(row, 'within_auc') or 'not tested'}; "
        f"{cell(row, 'over_railway', signed=True)} beside the distance to the railway, "
        f"{verdict(rows[rows['measure'] == name])}."
        for name, row in own[own["question"] != ""].iterrows()
    ]


def verdict(rows: pd.DataFrame) -> str:
    """In how many trials a measure surely beats the distance to the railway, and is surely beaten."""
    better, worse = (
        int(sure.sum()) for sure in (rows["over_railway_low"] > 0, rows["over_railway_high"] < 0)
    )
    return f"surely better in {better} and surely worse in {worse} of {len(rows)} trials"


def tested_measures(done: Validation) -> pd.DataFrame:
    """The rows of measures that have a figure."""
    return done.measures[done.measures["auc"].notna()]


def measures_table(done: Validation, one: tuple[str, str] | None = None) -> str:
    """Markdown table of the measures beside the distance to the railway, of one trial or of all."""
    rows = tested_measures(done)
    if one is not None:
        rows = rows[(rows["trial"] == one[0]) & (rows["scope"] == one[1])]
    titles = ("trial", "scope", "measure", "question", "mines", "others", "no way", "AUC")
    return markdown(
        (*titles, "within countries", "gain over the railway"),
        [
            (
                *(r["trial"], r["scope"], MEASURES[r["measure"]].words, QUESTIONS[r["question"]]),
                *(str(r["mines"]), str(r["others"]), str(r["no_way"]), cell(r, "auc")),
                *(cell(r, "within_auc"), cell(r, "over_railway", signed=True)),
            )
            for _, r in rows.iterrows()
        ],
    )


def criteria_table(done: Validation) -> str:
    """Markdown table of the criteria in the main trial, failures first."""
    order = list(GRADES)
    rows = sorted(main_evidence(done), key=lambda item: order.index(item[2].grade))
    return markdown(
        ("criterion", "alone", "added to the railway", "evidence"),
        [(n, ranged(e.auc), ranged(e.adds, signed=True), GRADES[e.grade]) for n, _, e in rows],
    )


def results_table(done: Validation) -> str:
    """Markdown table of all trials and scopes."""
    titles = (
        "trial",
        "scope",
        "mines",
        "others",
        "AUC",
        "within countries",
        "beats random weights",
    )
    return markdown(
        titles,
        [
            (
                *(trial, scope, str(r["mines"]), str(r["others"]), cell(r, "auc")),
                *(cell(r, "within_auc"), f"{100 * r['beats_random']:.0f} %"),
            )
            for (trial, scope), r in whole(done).iterrows()
        ],
    )


def baselines_table(done: Validation) -> str:
    """Markdown table of the AUC of each baseline, and of the gain of the score over it."""
    names = ("population", "railway", "other_mine", "other_plant")
    titles = ("trial", "scope", *(t for n in names for t in (n.replace("_", " "), "gain")))
    return markdown(
        titles,
        [
            (
                *(trial, scope),
                *(
                    text
                    for n in names
                    for text in (
                        cell(r, n),
                        cell(r, "gain" if n == "population" else f"gain_over_{n}", signed=True),
                    )
                ),
            )
            for (trial, scope), r in whole(done).iterrows()
        ],
    )


def countries_table(done: Validation) -> str:
    """Markdown table of single countries."""
    rows = done.table[done.table["country"] != ""]
    return markdown(
        ("trial", "scope", "country", "mines", "others", "AUC", "gain over the settlement"),
        [
            (
                *(r["trial"], r["scope"], r["country"], str(r["mines"]), str(r["others"])),
                *(cell(r, "auc"), cell(r, "gain", signed=True)),
            )
            for _, r in rows.iterrows()
        ],
    )


def cell(row: pd.Series, name: str, *, signed: bool = False) -> str:
    """A figure of a row with its interval; empty where there is none."""
    if pd.isna(row.get(name)):
        return ""
    return ranged(tuple(float(row[name + end]) for end in ("", "_low", "_high")), signed=signed)


def ranged(three: tuple[float, ...] | None, *, signed: bool = False) -> str:
    """A figure with its interval; empty for None."""
    if three is None:
        return ""
    form = "{:+.2f} ({:+.2f} to {:+.2f})" if signed else "{:.2f} ({:.2f}-{:.2f})"
    return form.format(*three)


def markdown(titles: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [titles, ("---",) * len(titles), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
