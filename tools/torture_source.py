"""The made-up source that make torture fetches: one deposit, published on loopback."""

from __future__ import annotations

import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SOURCE = "one_deposit"
CATALOG = f"""[[source]]
id = "{SOURCE}"
label = "Nobody"
title = "One made-up deposit"
publisher = "Nobody"
country = "Kazakhstan"
layer = "deposits"
protocol = "archive"
url = "https://made-up.example/one.csv"
licence = "CC0"
attribution = "Nobody"
edition = "2026"
constants = {{ role = "candidate", commodity_group = "rare_earth", commodities = "REE" }}
"""


def publish(home: Path, edition: int, more: int = 0) -> None:
    """Put an edition of the source into a folder, with `more` rows that are new in it."""
    rows = "".join(f"{edition}-{i},Hill {i} of {edition},45,70.5\n" for i in range(more))
    draft = home / "published"
    draft.write_text(f"native_id,name,latitude,longitude\n1,Made-up Ridge,45,70.5\n{rows}")
    draft.replace(home / "one.csv")


def mirror(home: Path) -> tuple[int, int]:
    """Serve the published file of each command, slowly, in a child; give its process id and port."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = (home / self.path.split("/")[1] / "one.csv").read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            for i in range(0, len(content), 16_384):
                self.wfile.write(content[i : i + 16_384])
                time.sleep(0.01)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        server.serve_forever()
    server.server_close()
    return child, server.server_address[1]
