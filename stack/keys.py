"""Every secret of the house from one master secret, so that a restart finds the same ones.

HMAC-SHA256(master, name), 32 bytes in hex. Which service holds which key is decided here, too.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

from stack.services import GATEWAY, HOUSE, Service, Table


def derive(master: bytes, name: str) -> str:
    """The key of this name."""
    return hmac.new(master, name.encode(), sha256).hexdigest()


def identity_key(audience: str) -> str:
    """Name of the key that signs identities for one audience."""
    return f"id.{audience}"


def link_key(caller: str, callee: str) -> str:
    """Name of the key of one RPC pair."""
    return f"{caller}>{callee}"


def key_names(service: Service, table: Table = HOUSE) -> list[str]:
    """What a service holds: its own audience (the gateway: all), and both ends of its links."""
    audiences = table.names() if service.name == GATEWAY else [service.name]
    links = [link_key(service.name, callee) for callee in service.calls]
    links += [link_key(caller.name, service.name) for caller in table.callers(service.name)]
    return [identity_key(name) for name in audiences] + list(dict.fromkeys(links))


def keyring(master: bytes, service: Service, table: Table = HOUSE) -> str:
    """The KEYRING variable of a service."""
    return ",".join(f"{name}:{derive(master, name)}" for name in key_names(service, table))


def role_password(master: bytes, role: str) -> str:
    """Of a database role."""
    return derive(master, f"postgres.{role}")


def vapid_key(master: bytes) -> str:
    """Of the identity that browsers subscribe with. Another one would end every subscription."""
    return derive(master, "vapid")


def seal_key(master: bytes) -> str:
    """Of what user_service keeps sealed. Another one alone would open nobody's second factor."""
    return derive(master, "seal.user")


def redis_password(master: bytes) -> str:
    """Of the Redis-compatible server."""
    return derive(master, "redis")
