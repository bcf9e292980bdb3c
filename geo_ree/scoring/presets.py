"""Presets: score models written as TOML files, with every mistake reported at once."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, ValidationError

from geo_ree.catalog.toml_files import parse_toml, read_toml
from geo_ree.errors import ScoreError, suggest_words
from geo_ree.scoring.criteria import DEFAULT_VARIANT, Criterion, Op, Variant, Veto
from geo_ree.scoring.decay import Decay, is_number, make_decay
from geo_ree.scoring.model import ScoreModel
from geo_ree.settings import AGGREGATES, Aggregate

_MOST_SHOWN = 8
"""Mistakes listed in one message."""


def _read_decay(table: object) -> Decay:
    if not isinstance(table, dict) or not isinstance(table.get("kind"), str):
        # pydantic collects a ValueError; a TypeError would end the validation.
        raise ValueError(  # noqa: TRY004
            'give a table such as { kind = "exponential", half_km = 50 }'
        )
    try:
        return make_decay(table["kind"], **{k: v for k, v in table.items() if k != "kind"})
    except ScoreError as error:
        raise ValueError(str(error)) from error


def _read_missing(value: object) -> object:
    if value == "unknown" or (is_number(value) and 0 <= value <= 1):  # type: ignore[operator]
        return value
    raise ValueError(f'{value!r}; give "unknown" or the value to assume, from 0 to 1')


def _by_variant(weight: object) -> object:
    return weight if isinstance(weight, dict) else {"*": weight}


_Weight = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]
_Text = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class _Criterion(_Strict):
    label: str = ""
    column: _Text
    measured_to: str = ""
    decay: Annotated[Decay, PlainValidator(_read_decay)]
    decay_reason: str = ""
    decay_source: str = ""
    weight: Annotated[dict[str, _Weight], BeforeValidator(_by_variant)]
    reason: str = ""
    source: str = ""
    missing: Annotated[float | Literal["unknown"], PlainValidator(_read_missing)] = "unknown"
    optional: Annotated[bool, Field(strict=True)] = False

    def weight_in(self, variant: str) -> float:
        return self.weight.get(variant, self.weight.get("*", 0.0))

    def build(self, name: str) -> Criterion:
        texts = self.model_dump(exclude={"column", "decay", "weight", "optional"})
        return Criterion(name, self.column, self.decay, self.weight_in(DEFAULT_VARIANT), **texts)


class _Variant(_Strict):
    when_known: str = ""
    reason: str = ""


class _Veto(_Strict):
    column: _Text
    op: Op = ">"
    limit: Annotated[float, Field(allow_inf_nan=False, strict=True)]
    reason: _Text


class _Preset(_Strict):
    schema_version: Literal["1.0"]
    name: _Text
    title: str = ""
    aggregate: Aggregate = AGGREGATES[0]  # type: ignore[assignment]
    least_known: Annotated[float, Field(ge=0, le=1, strict=True)] = 0.5
    variants: dict[str, _Variant] = Field(default_factory=dict)
    criteria: dict[str, _Criterion] = Field(min_length=1)
    vetoes: tuple[_Veto, ...] = ()


def load_preset(preset: str | Path | ScoreModel) -> ScoreModel:
    """Read a score model: a packaged preset by its name, or a TOML file of your own.

    Parameters
    ----------
    preset
        One of `preset_names`, or the path of a TOML file; a model is given back as it is.

    Returns
    -------
    ScoreModel
        With its default weights.

    Raises
    ------
    ScoreError
        When there is no such preset or file, or with all mistakes in the file, each with its
        dotted path.

    Examples
    --------
    >>> load_preset("infrastructure")
    <ScoreModel infrastructure (default): 7 criteria, weighted_sum>
    """
    if isinstance(preset, ScoreModel):
        return preset
    presets = _packaged()
    if isinstance(preset, str) and preset in presets:
        item = presets[preset]
        return parse_preset(item.read_text(encoding="utf-8"), item.name)
    path = Path(preset)
    if not path.exists():
        raise ScoreError(
            f"there is no preset or file {str(preset)!r}",
            suggest_words(str(preset), presets)
            or f"use one of {', '.join(presets)}, or the path of a TOML file",
        )
    return _parse(read_toml(path, ScoreError), str(path))


def preset_names() -> tuple[str, ...]:
    """Names of the packaged presets.

    Examples
    --------
    >>> "infrastructure" in preset_names()
    True
    """
    return tuple(_packaged())


def _packaged() -> dict[str, Traversable]:
    folder = files("geo_ree.scoring") / "presets"
    found = {i.name.removesuffix(".toml"): i for i in folder.iterdir() if i.name.endswith(".toml")}
    return dict(sorted(found.items()))


def models_for_table(model: ScoreModel, table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a model and the packaged presets that can score the same table, as plain values.

    Parameters
    ----------
    model
        The model of a run; it comes first.
    table
        The table that it scored. A preset that needs a column the table lacks is left out; the
        others use the weights that fit it.

    Returns
    -------
    list of dict
        As `ScoreModel.to_dict` gives them. Empty when `model` has a decay of your own: a page
        that cannot score by it offers no other model either.

    Examples
    --------
    >>> model = load_preset("bulk")
    >>> table = pd.DataFrame(columns=list(model.columns))
    >>> [m["name"] for m in models_for_table(model, table)][0]
    'bulk'
    """
    first = model.to_dict()
    if first is None:
        return []
    others = [load_preset(name) for name in preset_names() if name != model.name]
    fitting = [m.choose(table) for m in others if set(m.columns) <= set(table.columns)]
    return [first, *(plain for m in fitting if (plain := m.to_dict()) is not None)]


def parse_preset(text: str, origin: str) -> ScoreModel:
    """Make a score model from TOML; `origin` names the file in errors.

    Raises a ScoreError with all mistakes.
    """
    return _parse(parse_toml(text, origin, ScoreError), origin)


def _parse(table: dict[str, Any], origin: str) -> ScoreModel:
    mistakes: list[str] = []
    preset = None
    try:
        preset = _Preset.model_validate(table)
    except ValidationError as error:
        mistakes += [_mistake(dict(item)) for item in error.errors()]
    mistakes += _weight_mistakes(table)
    if mistakes or preset is None:
        more = len(mistakes) - _MOST_SHOWN
        also = f" (and {more} more)" if more > 0 else ""
        raise ScoreError(
            f"{origin}: {'; '.join(mistakes[:_MOST_SHOWN])}{also}", "correct the preset"
        )
    return _build(preset, origin)


def _mistake(item: dict[str, Any]) -> str:
    path = ".".join(str(part) for part in item["loc"])
    path = path.replace(".weight.*", ".weight").removesuffix(".[key]")
    kind, got = item["type"], item["input"]
    if kind == "missing":
        return f"{path} is missing"
    if kind == "extra_forbidden":
        return f"{path} is not a key of a preset"
    if kind == "value_error":
        return f"{path}: {item['ctx']['error']}"
    message = item["msg"].replace("Input should be", "expected").replace("dictionary", "table")
    return f"{path} is {got!r}: {message}"


def _weight_mistakes(table: dict[str, Any]) -> list[str]:
    """Mistakes of the weights as a whole; pydantic reports those of a single weight."""
    criteria, variants = table.get("criteria"), table.get("variants", {})
    if not isinstance(criteria, dict) or not isinstance(variants, dict):
        return []
    names = [DEFAULT_VARIANT, *(v for v in variants if v != DEFAULT_VARIANT)]
    tables = {name: c for name, c in criteria.items() if isinstance(c, dict)}
    weights = {n: c.get("weight") for n, c in tables.items() if c.get("optional") is not True}
    out = [
        f"criteria.{name}.weight: an optional criterion has one weight for all variants"
        for name, c in tables.items()
        if name not in weights and isinstance(c.get("weight"), dict)
    ]
    if criteria and not weights:
        out.append("criteria: all are optional, expected at least one that is not")
    for name, weight in weights.items():
        if isinstance(weight, dict):
            out += [f"criteria.{name}.weight.{v} is missing" for v in names if v not in weight]
            out += [
                f"criteria.{name}.weight.{v} belongs to no variant (there are {', '.join(names)})"
                for v in weight
                if v not in names
            ]
    for variant in names:
        given = [w.get(variant) if isinstance(w, dict) else w for w in weights.values()]
        if given and all(not isinstance(w, bool) and w == 0 for w in given):
            where = f" in the variant {variant}" if variants else ""
            out.append(f"criteria: all weights are zero{where}")
    return out


def _build(preset: _Preset, origin: str) -> ScoreModel:
    made = {name: c.build(name) for name, c in preset.criteria.items()}
    fixed = {name: c for name, c in preset.criteria.items() if not c.optional}
    sets = {DEFAULT_VARIANT: _Variant(), **preset.variants} if preset.variants else {}
    variants = tuple(
        Variant(
            name,
            tuple(c.weight_in(name) for c in fixed.values()),
            when_known=variant.when_known,
            reason=variant.reason,
        )
        for name, variant in sets.items()
    )
    return ScoreModel(
        tuple(made[name] for name in fixed),
        vetoes=tuple(Veto(v.column, v.limit, v.reason, op=v.op) for v in preset.vetoes),
        aggregate=preset.aggregate,
        name=preset.name,
        title=preset.title or preset.name,
        variants=variants,
        origin=origin,
        optional=tuple(c for name, c in made.items() if name not in fixed),
        least_known=preset.least_known,
    )
