"""What an exchange knows of the connection its request came by."""

from __future__ import annotations

from typing import Protocol

from gateway.rest.desk import Desk


class Client(Protocol):
    """The connection a request came by."""

    @property
    def desk(self) -> Desk:
        """What all connections share."""

    deadline: float
    is_draining: bool

    def send(self, data: bytes) -> None:
        """Bytes of the answer."""

    def advance(self, now: float) -> None:
        """The first exchange may be over."""

    def hold(self, *, is_full: bool) -> None:
        """Stop or go on reading the request's body."""

    def end(self, *, linger: bool) -> None:
        """This was the last answer; linger if the client may still be sending."""
