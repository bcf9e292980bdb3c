"""Studies on top of a run: scenario, validation, visit."""
