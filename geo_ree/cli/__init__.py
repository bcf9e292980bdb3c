"""The command line: one file a group of commands."""

from geo_ree.cli.app import main

__all__ = ["main"]
