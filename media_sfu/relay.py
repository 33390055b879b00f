"""Help for clients behind strict routers: TURN servers of the operator, with credentials that end
(the REST convention that coturn calls use-auth-secret).
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass

from contracts.rpc.media import IceServer


@dataclass(frozen=True, slots=True)
class Turn:
    """Which servers, and the secret shared with them."""

    urls: tuple[str, ...]
    secret: bytes
    lasts_s: int

    def servers(self, participant: str, now_s: int) -> tuple[IceServer, ...]:
        """For one stay."""
        if not self.urls:
            return ()
        name = f"{now_s + self.lasts_s}:{participant}"
        made = base64.b64encode(hmac.digest(self.secret, name.encode(), "sha1")).decode()
        return (IceServer(urls=self.urls, username=name, credential=made),)
