"""Files over HTTP: whole or in parts, with the headers that let a client resume."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from flask import Request, Response
from werkzeug.wsgi import wrap_file


def answer_file(request: Request, path: Path, media_type: str) -> Response:
    """Answer GET or HEAD for a file, with 206 and one part where a range is asked for.

    Notes
    -----
    A part is given to the server as an open file at its start with its length, so that the server
    sends it by itself: a slow client holds no thread. Several ranges at once are answered with the
    whole file, as RFC 9110 allows.

    References
    ----------
    Fielding, R. et al. (2022), HTTP Semantics, RFC 9110, sections 13.1.5 and 14.
    """
    known = path.stat()
    size = known.st_size
    response = Response(mimetype=media_type)
    response.accept_ranges = "bytes"
    response.last_modified = datetime.fromtimestamp(int(known.st_mtime), UTC)
    response.set_etag(f"{known.st_ino:x}-{known.st_mtime_ns:x}-{size:x}")
    start, end = 0, size
    wanted = request.range
    single = wanted is not None and wanted.units == "bytes" and len(wanted.ranges) == 1
    if single and _same_file(request, response):
        part = wanted.range_for_length(size)
        if part is None:
            return _beyond(response, size)
        start, end = part
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    else:
        response.make_conditional(request.environ)
        if response.status_code == 304:  # the client has it
            return response
    file = path.open("rb")
    file.seek(start)
    response.response = wrap_file(request.environ, file)
    response.direct_passthrough = True
    response.content_length = end - start
    return response


def _same_file(request: Request, response: Response) -> bool:
    """Whether the file is still the one of which the client has a part (If-Range)."""
    given = request.headers.get("If-Range")
    if given is None:
        return True
    if given.startswith("W/"):  # a weak tag says nothing of single bytes
        return False
    known = request.if_range
    if known.date is not None:
        return response.last_modified == known.date
    return known.etag == response.get_etag()[0]


def _beyond(response: Response, size: int) -> Response:
    response.status_code = 416
    response.headers["Content-Range"] = f"bytes */{size}"
    response.content_length = 0
    return response
