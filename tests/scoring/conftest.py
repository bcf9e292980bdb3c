"""Hypothesis looks for wrong answers here, not for slow ones: a loaded machine is no failure."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
