"""A tiny house of stand-in services, so that what runs processes is tested without the services."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stack.services import Service, Table
from stack.suite import Suite
from tests.fixtures.homes import move

STAND_IN = """
import os, signal, socket, sys, time

PREFIX = {prefix!r}
MARK = os.environ.get(PREFIX + "MARK", "")
if MARK == "crash":
    sys.exit("stand-in: the settings are wrong")
ready_at = time.monotonic() + float(os.environ.get(PREFIX + "SLOW", "0"))
READY = b'HTTP/1.0 200 OK\\r\\n\\r\\n{{"ready": true, "parts": {{"start": null}}}}'
SLOW = b'HTTP/1.0 503 Slow\\r\\n\\r\\n{{"ready": false, "parts": {{"start": "slow"}}}}'


def stop(number, frame):
    if MARK != "stubborn":
        print("drained", flush=True)
        os._exit(0)


signal.signal(signal.SIGTERM, stop)
door = socket.create_server(("127.0.0.1", int(os.environ[PREFIX + "ADMIN_PORT"])))
print("listening", flush=True)
while True:
    visitor, _ = door.accept()
    with visitor:
        if visitor.recv(65_536):
            visitor.sendall(READY if time.monotonic() >= ready_at else SLOW)
"""

TINY = Table(
    (
        Service("gateway", "tiny_gateway", calls=("chat", "gateway"), after=("chat",)),
        Service("chat", "tiny_chat", schema="chat"),
        Service("media", "tiny_media", redis=False),
    )
)


@pytest.fixture
def tiny(tmp_path: Path, bare_home: Path) -> Callable[..., Suite]:
    """Makes suites of stand-ins on free ports, all on one data folder."""
    sources = tmp_path / "sources"
    sources.mkdir()
    home = move(bare_home, tmp_path / "home")
    for row in TINY:
        (sources / f"{row.module}.py").write_text(STAND_IN.format(prefix=row.prefix))

    def make(**options: Any) -> Suite:
        options = {"table": TINY, "cwd": sources, "ready_within": 20.0, **options}
        return Suite(home, **options)

    return make
