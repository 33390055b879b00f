"""How often somebody may try to be somebody. Every try is counted and given back when it succeeds;
limits drain evenly (GCRA), so nobody is shut out for ever, and the owner's own places are not
counted with everybody else's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address

_SITE_BITS = 64
"""What one household gets of IPv6."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries per so much time for whatever has this key."""

    key: bytes
    most: int
    per: timedelta

    @property
    def step(self) -> timedelta:
        """What one try costs."""
        return self.per / self.most


def place_of(address: str) -> str:
    """Where somebody is: an address, or a household's network."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address):
        return f"{int(parsed) >> (128 - _SITE_BITS):x}"
    return str(parsed)


def of_logins(login_key: str, place: str, *, is_known: bool) -> list[Limit]:
    """For a password typed at a login. Of unknown accounts as of known ones."""
    limits = [
        Limit(_key("place", place), 300, timedelta(minutes=15)),
        Limit(_key("login", login_key, place), 10, timedelta(minutes=10)),
    ]
    if not is_known:
        limits.append(Limit(_key("login", login_key), 100, timedelta(hours=1)))
    return _ordered(limits)


def of_codes(user_id: int, place: str, *, is_known: bool) -> list[Limit]:
    """For a second factor: whoever comes so far has the password."""
    limits = [Limit(_key("code", f"{user_id:d}", place), 10, timedelta(minutes=10))]
    if not is_known:
        limits.append(Limit(_key("code", f"{user_id:d}"), 30, timedelta(hours=1)))
    return _ordered(limits)


def of_proving(user_id: int) -> list[Limit]:
    """For a password typed again inside a session, which may be a stolen one."""
    return [Limit(_key("proving", f"{user_id:d}"), 10, timedelta(minutes=10))]


def of_letters(to: str) -> list[Limit]:
    """For letters that somebody asks to be sent."""
    return [Limit(_key("letter", to), 5, timedelta(hours=1))]


def known_place(user_id: int, place: str) -> bytes:
    """How a place is kept in which somebody has logged in."""
    return _key("known", f"{user_id:d}", place)


def _key(*parts: str) -> bytes:
    return sha256("\n".join(parts).encode()).digest()[:16]


def _ordered(limits: list[Limit]) -> list[Limit]:
    """In one order always, so that no two who count the same wait for each other."""
    return sorted(limits, key=lambda limit: limit.key)
