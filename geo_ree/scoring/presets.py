"""Presets: score models written as TOML, with every mistake reported at once."""

from __future__ import annotations

import tomllib
from dataclasses import asdict
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, ValidationError

from geo_ree.errors import ScoreError
from geo_ree.scoring.decay import DECAYS, Decay, is_number, make_decay
from geo_ree.scoring.model import DEFAULT_VARIANT, Criterion, Op, ScoreModel, Variant, Veto

PRESET_VERSION = "1.0"
"""Version of the preset format."""

_LIMIT = 8
"""Mistakes shown in one message."""


def _read_decay(table: object) -> Decay:
    if not isinstance(table, dict) or not isinstance(table.get("kind"), str):
        # pydantic collects a ValueError; a TypeError would end the check of the other parts.
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


def _spread(weight: object) -> object:
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
    weight: Annotated[dict[str, _Weight], BeforeValidator(_spread)]
    reason: str = ""
    source: str = ""
    missing: Annotated[float | Literal["unknown"], PlainValidator(_read_missing)] = "unknown"
    optional: Annotated[bool, Field(strict=True)] = False

    def weight_in(self, variant: str) -> float:
        return self.weight.get(variant, self.weight.get("*", 0.0))


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
    aggregate: Literal["weighted_sum", "weighted_product", "topsis"] = "weighted_sum"
    variants: dict[str, _Variant] = Field(default_factory=dict)
    criteria: dict[str, _Criterion] = Field(min_length=1)
    vetoes: tuple[_Veto, ...] = ()


def load_preset(name_or_path: str | Path) -> ScoreModel:
    """Read a score model: a preset of the package by its name, or a file of your own.

    Parameters
    ----------
    name_or_path
        ``"infrastructure"``, ``"bulk"``, ``"remote_small"``, or the path of a TOML file.

    Returns
    -------
    ScoreModel
        With its default weights in force.

    Raises
    ------
    ScoreError
        When there is no such preset or file, or with every mistake in it, each with its dotted
        path.

    Examples
    --------
    >>> [c.name for c in load_preset("infrastructure").criteria]
    ['rail', 'road', 'power_line', 'power_plant', 'settlement', 'water', 'gateway']
    """
    presets = _packaged()
    if isinstance(name_or_path, str) and name_or_path in presets:
        item = presets[name_or_path]
        return parse_preset(item.read_text(encoding="utf-8"), item.name)
    path = Path(name_or_path)
    if not path.exists():
        raise ScoreError(
            f"there is no preset or file {str(name_or_path)!r}",
            f"use one of {', '.join(presets)}, or the path of a TOML file",
        )
    return read_preset(path)


def read_preset(path: Path) -> ScoreModel:
    """Read a score model from a file.

    Raises
    ------
    ScoreError
        When the file cannot be read, or with every mistake in it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ScoreError(
            f"the preset {path} cannot be read ({error.strerror})", "check the path"
        ) from error
    except UnicodeDecodeError as error:
        raise ScoreError(f"the preset {path} is not UTF-8 text", "save it as UTF-8") from error
    return parse_preset(text, str(path))


def parse_preset(text: str, origin: str) -> ScoreModel:
    """Make a score model from the text of a preset.

    Parameters
    ----------
    text
        TOML.
    origin
        Name of the file, for error messages.

    Returns
    -------
    ScoreModel

    Raises
    ------
    ScoreError
        Every mistake in one message.

    Examples
    --------
    >>> parse_preset('''
    ... schema_version = "1.0"
    ... name = "rail_only"
    ... [criteria.rail]
    ... column = "dist_railway_km"
    ... decay = { kind = "linear", zero_km = 300 }
    ... weight = 1.0
    ... ''', "rail_only.toml").shares.tolist()
    [1.0]
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScoreError(f"{origin} is not TOML: {error}", "correct that line") from error
    complaints: list[str] = []
    preset = None
    try:
        preset = _Preset.model_validate(table)
    except ValidationError as error:
        complaints += [_complaint(dict(item)) for item in error.errors()]
    complaints += _weight_complaints(table)
    if complaints or preset is None:
        more = f" (and {len(complaints) - _LIMIT} more)" if len(complaints) > _LIMIT else ""
        raise ScoreError(f"{origin}: {'; '.join(complaints[:_LIMIT])}{more}", "correct the preset")
    return _build(preset, origin)


def preset_names() -> tuple[str, ...]:
    """Name the presets of the package.

    Examples
    --------
    >>> preset_names()
    ('bulk', 'infrastructure', 'remote_small')
    """
    return tuple(_packaged())


def _packaged() -> dict[str, Traversable]:
    folder = files("geo_ree.scoring") / "presets"
    found = {i.name.removesuffix(".toml"): i for i in folder.iterdir() if i.name.endswith(".toml")}
    return dict(sorted(found.items()))


def _complaint(item: dict[str, Any]) -> str:
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


def _weight_complaints(table: dict[str, Any]) -> list[str]:
    """Complain of the weights as a whole; what is wrong with one of them is said elsewhere."""
    criteria, variants = table.get("criteria"), table.get("variants", {})
    if not isinstance(criteria, dict) or not isinstance(variants, dict):
        return []
    names = [DEFAULT_VARIANT, *(v for v in variants if v != DEFAULT_VARIANT)]
    weights = {
        name: c.get("weight")
        for name, c in criteria.items()
        if isinstance(c, dict) and c.get("optional") is not True
    }
    out = [
        f"criteria.{name}.weight: an optional criterion has one weight for all variants"
        for name, c in criteria.items()
        if isinstance(c, dict) and c.get("optional") is True and isinstance(c.get("weight"), dict)
    ]
    if criteria and not weights:
        out.append("criteria: all are optional, so nothing would be scored without them")
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
    made = {name: _criterion(name, c) for name, c in preset.criteria.items()}
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
    )


def _criterion(name: str, said: _Criterion) -> Criterion:
    return Criterion(
        name,
        said.column,
        said.decay,
        said.weight_in(DEFAULT_VARIANT),
        label=said.label,
        missing=said.missing,
        measured_to=said.measured_to,
        reason=said.reason,
        source=said.source,
        decay_reason=said.decay_reason,
        decay_source=said.decay_source,
    )


def plain_model(model: ScoreModel) -> dict[str, Any] | None:
    """Give a model as values that JSON knows, whole enough to score by.

    Parameters
    ----------
    model
        Its set of weights in force is taken.

    Returns
    -------
    dict or None
        ``name title variant aggregate``, ``criteria`` (name, label, column, weight, missing,
        measured_to, decay) and ``vetoes``; None when a decay is none of `DECAYS`, because only
        Python can tell what it says.

    Examples
    --------
    >>> plain = plain_model(load_preset("infrastructure"))
    >>> plain["criteria"][0]["decay"]
    {'kind': 'exponential', 'half_km': 50.0}
    """
    decays = [_plain_decay(c) for c in model.criteria]
    if None in decays:
        return None
    return {
        "name": model.name,
        "title": model.title,
        "variant": model.variant,
        "aggregate": model.aggregate,
        "criteria": [
            {
                "name": c.name,
                "label": c.label,
                "column": c.column,
                "weight": float(c.weight),
                "missing": c.missing,
                "measured_to": c.measured_to,
                "decay": decay,
            }
            for c, decay in zip(model.criteria, decays, strict=True)
        ],
        "vetoes": [
            {"column": v.column, "op": v.op, "limit": float(v.limit), "reason": v.reason}
            for v in model.vetoes
        ],
    }


def plain_models(chosen: ScoreModel, table: pd.DataFrame) -> list[dict[str, Any]]:
    """Give the model of a run and the other presets of the package that fit its table.

    Parameters
    ----------
    chosen
        The model of the run, its set of weights chosen; it comes first.
    table
        What was scored. A preset that asks for a column it lacks is left out; the others use
        the set of weights that fits it.

    Returns
    -------
    list of dict
        As `plain_model` gives them. Empty when the model of the run has a decay that only
        Python knows: a page that cannot score by it offers no other.

    Examples
    --------
    >>> chosen = load_preset("bulk")
    >>> table = pd.DataFrame(columns=list(chosen.columns))
    >>> [m["name"] for m in plain_models(chosen, table)]
    ['bulk', 'infrastructure', 'remote_small']
    """
    first = plain_model(chosen)
    if first is None:
        return []
    others = [load_preset(name) for name in preset_names() if name != chosen.name]
    fitting = [m.choose(table) for m in others if set(m.columns) <= set(table.columns)]
    return [first, *(plain for m in fitting if (plain := plain_model(m)) is not None)]


def _plain_decay(criterion: Criterion) -> dict[str, Any] | None:
    kind = next((k for k, made in DECAYS.items() if type(criterion.value) is made), None)
    if kind is None:
        return None
    parameters = asdict(criterion.value)  # type: ignore[call-overload]
    return {"kind": kind, **{k: _numbers(v) for k, v in parameters.items()}}


def _numbers(value: Any) -> float | list[float]:
    return [float(v) for v in value] if isinstance(value, tuple) else float(value)
