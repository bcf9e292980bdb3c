"""The command ``serve``."""

from __future__ import annotations

from pathlib import Path

import click

from geo_ree.cli.shared import tell


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder of a run and its export.  [default: out]",
)
@click.option(
    "--db",
    metavar="URL",
    help="Database that geo-ree export --to wrote to: postgresql://user@host/name.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=5000,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--url",
    metavar="URL",
    default="",
    help="Public address, where a proxy stands before the service: https://example.org.",
)
def serve(out: Path | None, db: str | None, host: str, port: int, url: str) -> None:
    """Serve a run to GIS programs and browsers: OGC API Features, rasters and the map. Read only.

    The map is at /, the API at /api. Ctrl-C ends it.
    """
    from geo_ree.serving import serve_run

    serve_run(out, db=db, host=host, port=port, url=url, tell=tell)
