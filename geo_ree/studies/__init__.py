"""Studies on the result of a run: `scenarios`, `validation` and `visits`."""
