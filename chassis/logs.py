"""JSON lines on stderr: one event a line, named `noun.verb`, with the context of the request that
caused it.
"""

from __future__ import annotations

import logging
import sys
import time
import traceback
from contextvars import ContextVar
from typing import Any

import orjson

request_id: ContextVar[str] = ContextVar("request_id", default="")
user_id: ContextVar[int] = ContextVar("user_id", default=0)

_SECRET = frozenset({"token", "password", "authorization", "keyring", "secret", "content"})


class Logger:
    """A named logger whose calls take an event name and fields."""

    __slots__ = ("_inner",)

    def __init__(self, name: str) -> None:
        self._inner = logging.getLogger(f"moim.{name}")

    def debug(self, event: str, **fields: Any) -> None:
        """For whoever is searching a fault."""
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: Any) -> None:
        """Normal life."""
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Something failed and was dealt with."""
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """Somebody should look."""
        self._write(logging.ERROR, event, fields)

    def _write(self, level: int, event: str, fields: dict[str, Any]) -> None:
        if self._inner.isEnabledFor(level):
            self._inner.log(level, event, extra={"fields": fields})


def logger(name: str) -> Logger:
    """The logger of a module."""
    return Logger(name)


class _JsonLine(logging.Formatter):
    def __init__(self, service: str, instance: str) -> None:
        super().__init__()
        self.converter = time.gmtime
        self._origin = {"service": service, "instance": instance}

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **self._origin,
        }
        if request := request_id.get():
            line["request"] = request
        if user := user_id.get():
            line["user"] = str(user)
        for name, value in getattr(record, "fields", {}).items():
            line[name] = "[hidden]" if name in _SECRET else _plain(value)
        if record.exc_info and record.exc_info[1] is not None:
            line["exc"] = _plain(record.exc_info[1])
        return orjson.dumps(line, default=str).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, BaseException):
        return "".join(traceback.format_exception(value))
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def configure(service: str, instance: str, level: str) -> None:
    """Send everything, ours and the libraries', to stderr as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLine(service, instance))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("moim").setLevel(level.upper())
    logging.captureWarnings(capture=True)
