"""Files over HTTP: whole or in parts, with the headers that let a client resume."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from flask import Request, Response
from werkzeug.exceptions import NotFound
from werkzeug.wsgi import wrap_file


def answer_file(request: Request, path: Path, media_type: str) -> Response:
    """Answer GET or HEAD for a file, with 206 and one part where a range is asked for.

    Raises
    ------
    werkzeug.exceptions.NotFound
        When the file is there no more.

    Notes
    -----
    Size and tag are those of the open file, so that they fit its bytes where an export replaces it
    meanwhile. A part is given to the server as an open file at its start with its length, so that the
    server sends it by itself: a slow client holds no thread. Several ranges at once are answered with
    the whole file, as RFC 9110 allows.

    References
    ----------
    Fielding, R. et al. (2022), HTTP Semantics, RFC 9110, sections 13.2.2 (conditions come before
    ranges) and 14.2 (HEAD has no ranges).
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise NotFound("an export has removed this file") from None
    known = os.fstat(file.fileno())
    size = known.st_size
    response = Response(mimetype=media_type)
    response.accept_ranges = "bytes"
    response.last_modified = datetime.fromtimestamp(int(known.st_mtime), UTC)
    response.set_etag(f"{known.st_ino:x}-{known.st_mtime_ns:x}-{size:x}")
    response.make_conditional(request.environ)
    start, end = _choose_part(request, response, size)
    if response.status_code in (304, 412, 416):
        file.close()
        response.content_length = None if response.status_code == 304 else 0
        return response
    file.seek(start)
    response.response = wrap_file(request.environ, file)
    response.direct_passthrough = True
    response.content_length = end - start
    return response


def _choose_part(request: Request, response: Response, size: int) -> tuple[int, int]:
    """Start and end of what is sent; status and Content-Range say so in the answer."""
    wanted = request.range
    single = wanted is not None and wanted.units == "bytes" and len(wanted.ranges) == 1
    whole = response.status_code == 200 and request.method == "GET"
    if not (whole and single and _same_file(request, response)):
        return 0, size
    part = wanted.range_for_length(size)
    if part is None:
        response.status_code = 416
        response.headers["Content-Range"] = f"bytes */{size}"
        return 0, 0
    response.status_code = 206
    response.headers["Content-Range"] = f"bytes {part[0]}-{part[1] - 1}/{size}"
    return part


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
