"""The only place where the stages meet."""

from geo_ree.pipeline.result import Result, build, run

__all__ = ["Result", "build", "run"]
