"""How fast uncertain weights are drawn, beside scikit-criteria and pymcdm.

python benchmarks/bench_scores.py [--alternatives 100000] [--draws 1000]

Ours goes end to end, from a table of distances in kilometres to mean, spread, shares of the first
ranks and central weights. The peers are given the values ready-made and asked for one set of
weights at a time, as their users do; median of the runs of one set, times the draws. What they
give for it is compared with ours. Exits with 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version

import numpy as np
import pandas as pd

from geo_ree.scoring import Criterion, Exponential, ScoreModel, reweigh

CRITERIA = 8
RUNS = 3
BARS = {"scikit-criteria": 50.0, "pymcdm": 300.0}
BARRED = ("topsis", "weighted_sum")
MOST_MB = 1000.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alternatives", type=int, default=100_000)
    parser.add_argument("--draws", type=int, default=1_000)
    asked = parser.parse_args()
    table, weights = workload(asked.alternatives)
    names = [f"{name} {version(name)}" for name in ("numpy", "scikit-criteria", "pymcdm")]
    print(f"{asked.alternatives:,} alternatives x {CRITERIA} criteria x {asked.draws:,} draws")
    print(", ".join(names))
    print(f"{'aggregate':17}{'ours, s':>9}", *(f"{p + ', s':>20}{'ratio':>7}" for p in BARS))
    missed = []
    models = {a: model_of(weights, a) for a in ("topsis", "weighted_sum", "weighted_product")}
    ours = {a: timed(lambda m=m: reweigh(table, m, draws=asked.draws)) for a, m in models.items()}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for aggregate, model in models.items():
        row = f"{aggregate:17}{ours[aggregate]:9.2f}"
        for peer, scores in peers(table, weights, aggregate).items():
            check(scores(), reweigh(table, model, draws=1, concentration=float("inf")))
            seconds = timed(scores) * asked.draws
            ratio = seconds / ours[aggregate]
            row += f" {seconds:20.1f}{ratio:6.0f}x"
            if aggregate in BARRED and ratio < BARS[peer]:
                missed.append(f"{aggregate}: {ratio:.0f}x {peer}, expected {BARS[peer]:.0f}x")
        print(row)
    print(f"memory of ours: {peak:.0f} MB at the peak, libraries and table included")
    if peak > MOST_MB:
        missed.append(f"memory: {peak:.0f} MB, expected at most {MOST_MB:.0f}")
    for line in missed:
        print("MISSED", line)
    return 1 if missed else 0


def workload(alternatives: int) -> tuple[pd.DataFrame, np.ndarray]:
    dice = np.random.default_rng(20240607)
    km = dice.exponential(60.0, (alternatives, CRITERIA))
    weights = dice.dirichlet(np.full(CRITERIA, 5.0))
    return pd.DataFrame(km, columns=[f"dist_{j}_km" for j in range(CRITERIA)]), weights


def model_of(weights: np.ndarray, aggregate: str) -> ScoreModel:
    criteria = [
        Criterion(f"c{j}", f"dist_{j}_km", Exponential(50), float(w)) for j, w in enumerate(weights)
    ]
    return ScoreModel(tuple(criteria), aggregate=aggregate)


def peers(
    table: pd.DataFrame, weights: np.ndarray, aggregate: str
) -> dict[str, Callable[[], np.ndarray]]:
    """Each gives the scores of one set of weights, 0 to 1, from values ready-made."""
    import skcriteria  # noqa: PLC0415  (not part of the memory of ours)
    import skcriteria.agg.simple  # noqa: PLC0415
    import skcriteria.agg.topsis  # noqa: PLC0415
    from pymcdm import methods  # noqa: PLC0415
    from pymcdm.normalizations import vector_normalization  # noqa: PLC0415
    from skcriteria.preprocessing.scalers import VectorScaler  # noqa: PLC0415

    values, types = np.exp2(-table.to_numpy() / 50.0), np.ones(CRITERIA)
    matrix = skcriteria.mkdm(values, [max] * CRITERIA, weights=weights)
    simple = skcriteria.agg.simple
    if aggregate == "topsis":
        body, known = methods.TOPSIS(vector_normalization), skcriteria.agg.topsis.TOPSIS()
        matrix = VectorScaler(target="matrix").transform(matrix)  # once for all sets of weights
        return {
            "scikit-criteria": lambda: known.evaluate(matrix).e_.similarity,
            "pymcdm": lambda: body(values, weights, types),
        }
    if aggregate == "weighted_sum":
        plain = methods.WSM(lambda column, cost=False: column)
        total = simple.WeightedSumModel()
        return {
            "scikit-criteria": lambda: total.evaluate(matrix).e_.score,
            "pymcdm": lambda: plain(values, weights, types),
        }
    power = methods.WPM(lambda column, cost=False: column)
    product = simple.WeightedProductModel()
    return {
        "scikit-criteria": lambda: 10.0 ** product.evaluate(matrix).e_.score,
        "pymcdm": lambda: power(values, weights, types),
    }


def check(theirs: np.ndarray, ours: pd.DataFrame) -> None:
    worst = float(np.abs(np.asarray(theirs) - ours["score_mean"].to_numpy() / 100.0).max())
    if not worst < 1e-9:
        raise SystemExit(f"the scores differ by {worst:g}, expected under 1e-9")


def timed(run: Callable[[], object]) -> float:
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


if __name__ == "__main__":
    warnings.simplefilter("error")
    sys.exit(main())
