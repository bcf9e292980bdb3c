"""The only place where the stages meet."""

from geo_ree.pipeline.result import Result, build, render_page, run, show_page

__all__ = ["Result", "build", "render_page", "run", "show_page"]
