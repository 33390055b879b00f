"""What can be turned in signaling_service."""

from __future__ import annotations

import hmac
import socket
from hashlib import sha256
from typing import ClassVar

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from chassis.settings import BusSettings


class Settings(BusSettings):
    """SIGNALING_… in the environment."""

    service: ClassVar[str] = "signaling"
    model_config = SettingsConfigDict(env_prefix="SIGNALING_", frozen=True, extra="ignore")

    region_id: str = Field("home", description="Id of the voice region of this house")
    region_name: str = Field("Home", description="Name of the voice region of this house")
    public_url: str = Field(
        "http://127.0.0.1:8080", description="Where clients reach this installation, http or https"
    )
    endpoint: str = Field(
        "",
        description="Where clients reach this node, ws or wss; empty: through the gateway",
    )
    node: str = Field(
        "", description="host:port at which gateways reach this node; found by itself if empty"
    )
    lease_seconds: float = Field(6.0, description="A node that is silent for so long is dead")
    renew_seconds: float = Field(2.0, description="How often a node says that it lives")
    pending_seconds: float = Field(
        15.0, description="For how long a connection is awaited, the first one or after a break"
    )
    sweep_seconds: float = Field(1.0, description="How often lapsed stays are looked for")
    token_hours: float = Field(6.0, description="For how long a voice token lets its bearer in")
    worker_people: int = Field(
        150, ge=1, description="With so many of one room a media worker shares it with another"
    )
    worker_packets: int = Field(
        40_000,
        ge=1,
        description="A worker that forwards so many packets a second gets nobody more if it can be",
    )
    alone_minutes: float = Field(
        5.0, description="Who is alone in a call is let go after this; 0: never"
    )
    alone_in_guild_minutes: float = Field(
        0.0, description="The same for voice channels of communities"
    )
    stage_minutes: float = Field(
        5.0, description="A stage on which nobody has spoken for so long closes by itself"
    )
    attendance_seconds: float = Field(
        15.0, gt=0, description="How often it is noted who is in voice; a crash forgets no more"
    )
    heartbeat_seconds: float = Field(
        13.75,
        gt=0,
        description="How often a bot in voice says that it lives; silent for 2.5 times that: cut",
    )
    bot_pause_seconds: float = Field(
        0.1,
        ge=0,
        le=2,
        description="A bot is told where to connect so long after its state: discord.py may miss "
        "the second of two events that come at once, and never connects",
    )
    ring_seconds: float = Field(45.0, description="For how long a call rings")
    api_key: str = Field("moim", description="Names the issuer of voice tokens")
    api_secret: SecretStr = Field(
        SecretStr(""),
        description="Lets operators' programs sign LiveKit tokens; empty: only the house does",
    )

    def secret(self) -> bytes:
        """What voice tokens are signed with."""
        given = self.api_secret.get_secret_value()
        if given:
            return given.encode()
        return hmac.new(self.keys()["id.signaling"], b"voice tokens", sha256).digest()

    def http_address(self) -> tuple[str, int]:
        """How gateways reach this node."""
        if self.node:
            host, _, port = self.node.rpartition(":")
            return host, int(port)
        host = socket.gethostname() if self.bind in ("0.0.0.0", "::") else self.bind  # noqa: S104
        return host, self.port

    def endpoint_of(self, node: str) -> str:
        """How clients reach it."""
        if self.endpoint:
            return self.endpoint
        return f"{self.public_url.replace('http', 'ws', 1).rstrip('/')}/voice/{node}"
