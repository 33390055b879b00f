"""Signaling nodes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """A signaling process that lives."""

    name: str
    host: str
    port: int
    """Where gateways reach its HTTP door."""
    endpoint: str
    """Where clients reach it."""
    is_open: bool
    """Whether it takes new rooms."""


def endpoint_for(endpoint: str, *, is_bot: bool) -> str:
    """As a client is told it. Libraries of bots put the scheme before it and a query behind."""
    return endpoint.partition("://")[2].rstrip("/") if is_bot else endpoint
