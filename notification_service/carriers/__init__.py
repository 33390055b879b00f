"""Who takes pushes: each carrier speaks one provider's protocol and tells what became of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

import orjson

from notification_service.domain.deliveries import Delivery
from notification_service.domain.devices import Provider
from notification_service.domain.outcomes import Outcome


class Carrier(Protocol):
    """One provider."""

    provider: Provider

    async def send(self, batch: Sequence[Delivery]) -> list[Outcome]:
        """One outcome for each, in order; never raises for what a provider does."""

    def trouble(self) -> str:
        """Why it can not work as it is configured; empty when it may."""

    async def close(self) -> None:
        """Nothing more will be sent."""


class Late:
    """A carrier that is made, and whose libraries are loaded, when there is something to send."""

    def __init__(
        self, provider: Provider, make: Callable[[], Carrier], check: Callable[[], str] = str
    ) -> None:
        self.provider = provider
        self._make = make
        self._check = check
        self._made: Carrier | None = None

    async def send(self, batch: Sequence[Delivery]) -> list[Outcome]:
        """As the real one."""
        if self._made is None:
            self._made = self._make()
        return await self._made.send(batch)

    def trouble(self) -> str:
        """As far as it can be told without the libraries."""
        return self._check()

    async def close(self) -> None:
        """If there is anything to close."""
        if self._made is not None:
            await self._made.close()


def no_account(path: str) -> str:
    """What is wrong with the file of a Firebase service account; empty for nothing."""
    try:
        account = orjson.loads(Path(path).read_bytes())
    except OSError as error:
        return f"{path}: {error.strerror}"
    except orjson.JSONDecodeError:
        return f"{path} is no JSON"
    needed = ("client_email", "private_key", "project_id", "token_uri")
    missing = [name for name in needed if name not in account] if isinstance(account, dict) else []
    if missing or not isinstance(account, dict):
        return f"{path} is no key of a service account: it lacks {', '.join(missing or needed)}"
    return ""


def no_key(path: str) -> str:
    """What is wrong with the file of a signing key; empty for nothing."""
    try:
        text = Path(path).read_text()
    except OSError as error:
        return f"{path}: {error.strerror}"
    except ValueError:
        text = ""
    return "" if "PRIVATE KEY" in text else f"{path} is no private key"


@cache
def web_key(secret: str) -> str:
    """What a browser subscribes with; empty without a secret."""
    # Elliptic curves are a large import for a house in which no browser subscribes.
    from notification_service.domain.webpush import b64, private_key, public_bytes

    return b64(public_bytes(private_key(bytes.fromhex(secret)))) if secret else ""
