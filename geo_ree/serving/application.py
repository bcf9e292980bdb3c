"""The service as a WSGI application: the map page, the rasters and pygeoapi, read only."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from flask import Flask, Response, redirect, request
from pygeoapi import api as core
from pygeoapi import l10n
from pygeoapi.api import itemtypes
from pygeoapi.plugin import PLUGINS, load_plugin
from pygeoapi.util import render_j2_template
from werkzeug.exceptions import HTTPException

from geo_ree.serving.api_document import (
    CRS,
    PREFIX,
    configure,
    conformance_classes,
    write_openapi,
)
from geo_ree.serving.file_answers import answer_file
from geo_ree.serving.raster_list import COG_TYPE
from geo_ree.serving.served_run import ORIGIN, ServedRun

_LOG = logging.getLogger(__name__)
_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_PARAMETERS = frozenset(
    {"bbox", "bbox-crs", "crs", "datetime", "f", "filter", "filter-crs", "filter-lang", "lang"}
    | {"limit", "offset", "properties", "resulttype", "skipGeometry", "sortby"}
)
_HIDDEN_RELS = ("/processes", "/job-list", "/tiling-schemes")
PLUGINS["formatter"]["CSV"] = "geo_ree.serving.csv_formatter.CsvFormatter"
_translate = l10n.translate_struct
Answer = tuple[dict[str, str], int, str | bytes]


def _translate_struct(struct: Any, locale: Any, is_config: bool = False) -> Any:
    """Leave a configuration as it is: pygeoapi would show that of the first run for ever."""
    return struct if is_config else _translate(struct, locale)


l10n.translate_struct = _translate_struct


class Service:
    """Answers requests for one run.

    Parameters
    ----------
    run
        What is served.
    hosts
        Names that a request may be sent to; empty for any. A service on loopback names them: a page
        of another site, whose name was made to lead to this computer, can't read it then.
    origin
        Scheme, host and port of the links; empty for those that each client used.
    """

    def __init__(self, run: ServedRun, *, hosts: Iterable[str] = (), origin: str = "") -> None:
        self.run = run
        self._hosts = frozenset(hosts)
        self._origin = origin
        config = configure(run)
        self._api = core.API(config, write_openapi(config))
        self._fields = {
            name: set(load_plugin("provider", resource["providers"][0]).fields)
            for name, resource in config["resources"].items()
        }
        self.flask = self._make_flask()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        return self.flask.wsgi_app(environ, start_response)

    def _make_flask(self) -> Flask:
        flask = Flask("geo_ree", static_folder=None)
        flask.url_map.strict_slashes = False
        flask.before_request(self._check_request)
        flask.after_request(self._finish)
        flask.register_error_handler(Exception, _answer_error)
        for rule, view in {
            "/": self._page,
            "/rasters/<name>": self._raster,
            f"{PREFIX}/": self._landing,
            f"{PREFIX}/openapi": self._openapi,
            f"{PREFIX}/conformance": self._conformance,
            f"{PREFIX}/collections": self._collections,
            f"{PREFIX}/collections/<name>": self._collections,
            f"{PREFIX}/collections/<name>/schema": self._schema,
            f"{PREFIX}/collections/<name>/queryables": self._queryables,
            f"{PREFIX}/collections/<name>/items": self._items,
            f"{PREFIX}/collections/<name>/items/<path:item>": self._item,
        }.items():
            flask.add_url_rule(rule, rule, view, methods=["GET"])
        return flask

    def _check_request(self) -> Response | None:
        if request.method not in _METHODS:
            answer = _complaint(405, "MethodNotAllowed", "this service is read only")
            answer.headers["Allow"] = ", ".join(sorted(_METHODS))
            return answer
        host = request.headers.get("Host", "")
        name = re.sub(r":[0-9]+$", "", host).casefold()
        if not _HOST.fullmatch(host) or (self._hosts and name not in self._hosts):
            return _complaint(400, "InvalidHost", "this service has another name")
        return None

    def _finish(self, response: Response) -> Response:
        headers = response.headers
        headers.pop("X-Powered-By", None)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if response.mimetype == "text/html" and request.path != "/":
            headers["Content-Security-Policy"] = _POLICY
        if response.status_code >= 500:
            _LOG.warning("%s %s: status %d", request.method, request.path, response.status_code)
        return response

    def _page(self) -> Any:
        if self.run.page is None:
            return redirect(f"{PREFIX}/", 303)
        return answer_file(request, self.run.page, "text/html")

    def _raster(self, name: str) -> Response:
        path = self.run.rasters.get(name)
        if path is None:
            return _complaint(404, "NotFound", "no raster has this name")
        return answer_file(request, path, COG_TYPE)

    def _landing(self) -> Response:
        return self._answer(core.landing_page, edit=_without_unserved)

    def _openapi(self) -> Response:
        return self._answer(core.openapi_)

    def _conformance(self) -> Response:
        return self._answer(_describe_conformance)

    def _collections(self, name: str | None = None) -> Response:
        return self._answer(core.describe_collections, name, edit=self._with_attribution)

    def _schema(self, name: str) -> Response:
        return self._answer(core.get_collection_schema, name)

    def _queryables(self, name: str) -> Response:
        return self._answer(itemtypes.get_collection_queryables, name)

    def _items(self, name: str) -> Response:
        unknown = set(request.args) - _PARAMETERS - self._fields.get(name, set(request.args))
        if unknown:
            words = ", ".join(sorted(unknown))
            return _complaint(400, "InvalidParameterValue", f"unknown parameter: {words}")
        if not all(request.args.get("sortby", "id").split(",")):
            return _complaint(400, "InvalidParameterValue", "sortby names no column")
        return self._answer(itemtypes.get_collection_items, name, checked=False)

    def _item(self, name: str, item: str) -> Response:
        return self._answer(itemtypes.get_collection_item, name, item)

    def _answer(
        self,
        view: Callable[..., Answer],
        *given: str | None,
        checked: bool = True,
        edit: Callable[[dict[str, Any]], None] | None = None,
    ) -> Response:
        """Let pygeoapi answer, with links to the address that the client used."""
        for parameter, value in request.args.items(multi=True):
            is_right, allowed = _ALLOWED.get(parameter, (bool, ""))
            if allowed and not is_right(value):
                text = f"{parameter} is {allowed}"
                return _complaint(400, "InvalidParameterValue", text)
        asked = core.APIRequest.from_flask(request, self._api.locales)
        if checked and not asked.is_valid():
            headers, status, content = self._api.get_format_exception(asked)
        else:
            headers, status, content = view(self._api, asked, *given)
        text = content if isinstance(content, str) else content.decode("utf-8")
        if edit is not None and status == 200 and asked.format in (None, "json"):
            document = json.loads(text)
            edit(document)
            text = json.dumps(document, ensure_ascii=False)
        origin = self._origin or f"{request.scheme}://{request.host}"
        return Response(text.replace(ORIGIN, origin), int(status), headers)

    def _with_attribution(self, document: dict[str, Any]) -> None:
        known = self._api.config["resources"]
        for collection in document.get("collections", [document]):
            collection["attribution"] = known[collection["id"]]["attribution"]


def local_hosts(host: str) -> frozenset[str]:
    """Names that a service on loopback answers to; none, which is any, for another host.

    Examples
    --------
    >>> sorted(local_hosts("127.0.0.1")), sorted(local_hosts("0.0.0.0"))
    (['127.0.0.1', '[::1]', 'localhost'], [])
    """
    named = f"[{host}]" if ":" in host else host.casefold()
    return _LOCAL | {named} if is_local(host) else frozenset()


def is_local(host: str) -> bool:
    """Whether only this computer reaches a service on that host."""
    return host.casefold() == "localhost" or host == "::1" or host.startswith("127.")


def _is_time(text: str) -> bool:
    """Whether a text is an instant or an interval of RFC 3339; ends of an interval may be open."""
    first, mark, last = text.upper().partition("/")
    ends = ((first, "T00:00:00Z"), (last if mark else first, "T23:59:59Z"))
    try:
        times = [_read_time(e, hour) for e, hour in ends if not (mark and e in ("", ".."))]
    except ValueError:
        return False
    return times == sorted(times)


def _read_time(text: str, hour: str) -> datetime:
    """A date, which begins or ends at that hour, or a date with a time of its own."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(text)
    whole = text if found[1] else text + hour
    return datetime.fromisoformat(re.sub(":60(?=[.Z+-])", ":59", whole))  # a leap second


_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:]{8}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2}))?"
)
_ALLOWED: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "datetime": (
        _is_time,
        "a date or time of RFC 3339, or two with a slash between, such as 2026-01-31 or "
        "2026-01-31T12:00:00Z/..",
    ),
    "filter-crs": (CRS.__contains__, " or ".join(CRS)),
    "filter-lang": (re.compile("cql-text").fullmatch, "cql-text"),
    "lang": (re.compile("en(-[a-z]{2})?", re.IGNORECASE).fullmatch, "en"),
    "resulttype": (re.compile("hits|results").fullmatch, "hits or results"),
    "skipGeometry": (re.compile("true|false", re.IGNORECASE).fullmatch, "true or false"),
}


def _without_unserved(document: dict[str, Any]) -> None:
    document["links"] = [
        link for link in document["links"] if not link["rel"].endswith(_HIDDEN_RELS)
    ]


def _describe_conformance(api: core.API, asked: core.APIRequest) -> Answer:
    document = {"conformsTo": conformance_classes()}
    headers = asked.get_response_headers(**api.api_headers)
    if asked.format == "html":
        templates = api.config["server"]["templates"]
        page = "conformance.html"
        return headers, 200, render_j2_template(api.tpl_config, templates, page, document, "en")
    return headers, 200, json.dumps(document)


def _complaint(status: int, code: str, text: str) -> Response:
    body = json.dumps({"code": code, "type": code, "description": text}, ensure_ascii=False)
    return Response(body, status, mimetype="application/json")


def _answer_error(error: Exception) -> Response:
    """A short answer without a traceback; what is a fault of the service is logged."""
    if isinstance(error, HTTPException) and error.code is not None:
        answer = _complaint(error.code, error.name.replace(" ", ""), error.description or "")
        if error.code in (301, 302, 303, 307, 308):
            return error.get_response()
        return answer
    _LOG.warning("%s %s: %s", request.method, request.path, type(error).__name__)
    _LOG.debug("what was raised", exc_info=error)
    return _complaint(500, "InternalError", "the service failed; its log says where")
