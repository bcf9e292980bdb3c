"""Differences of two runs: what moved which rank, by how much.

`matching` finds the deposits of one run in the other, `steps` changes one thing after another from
the first run to the second, `run_changes` lists what differs between their inputs and options, and
`run_difference` compares, describes and writes.
"""

from geo_ree.studies.differences.run_difference import (
    FILES,
    RunDifference,
    compare,
    write_difference,
)

__all__ = ["FILES", "RunDifference", "compare", "write_difference"]
