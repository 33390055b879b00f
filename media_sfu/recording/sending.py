"""A film is sent like any large file: by PUT to a link that is good for this one file."""

from __future__ import annotations

import http.client
from pathlib import Path
from urllib.parse import urlsplit

_PATIENCE_S = 60.0


def send(film: Path, link: str) -> None:
    """Send it, or leave with an error that says why."""
    there = urlsplit(link)
    kind = http.client.HTTPSConnection if there.scheme == "https" else http.client.HTTPConnection
    connection = kind(there.hostname or "", there.port, timeout=_PATIENCE_S)
    with film.open("rb") as body:
        size = str(film.stat().st_size)
        connection.request("PUT", f"{there.path}?{there.query}", body, {"Content-Length": size})
        answer = connection.getresponse()
        said = answer.read(2_000)
    if not 200 <= answer.status < 300:
        raise SystemExit(f"{answer.status} {said.decode('utf-8', 'replace')}")
