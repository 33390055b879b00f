"""A tiny house of stand-in services, so that what runs processes is tested without the services."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stack.services import Service, Table
from stack.suite import Suite

STAND_IN = """
import http.server, json, os, signal, socketserver, sys, threading, time

PREFIX = {prefix!r}
MARK = os.environ.get(PREFIX + "MARK", "")
if MARK == "crash":
    sys.exit("stand-in: the settings are wrong")
ready_at = time.monotonic() + float(os.environ.get(PREFIX + "SLOW", "0"))


class Door(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        is_ready = time.monotonic() >= ready_at
        body = json.dumps({{"ready": is_ready, "parts": {{"start": None if is_ready else "slow"}}}})
        self.send_response(200 if is_ready else 503)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args):
        pass


def stop(number, frame):
    if MARK != "stubborn":
        print("drained", flush=True)
        os._exit(0)


signal.signal(signal.SIGTERM, stop)
socketserver.TCPServer.allow_reuse_address = True
port = int(os.environ[PREFIX + "ADMIN_PORT"])
server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Door)
print("listening", flush=True)
server.serve_forever()
"""

TINY = Table(
    (
        Service("gateway", "tiny_gateway", calls=("chat", "gateway"), after=("chat",)),
        Service("chat", "tiny_chat", schema="chat"),
        Service("media", "tiny_media", redis=False),
    )
)


@pytest.fixture
def tiny(tmp_path: Path) -> Callable[..., Suite]:
    """Makes suites of stand-ins on free ports, all on one data folder."""
    sources = tmp_path / "sources"
    sources.mkdir()
    for row in TINY:
        (sources / f"{row.module}.py").write_text(STAND_IN.format(prefix=row.prefix))

    def make(**options: Any) -> Suite:
        options = {"table": TINY, "cwd": sources, "ready_within": 20.0, **options}
        return Suite(tmp_path / "home", **options)

    return make
