"""What can be turned."""

from __future__ import annotations

import socket
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import BlobSettings, BusSettings, addresses


class Settings(BusSettings, BlobSettings):
    """Settings of the gateway, from GATEWAY_*."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", frozen=True, extra="ignore")
    service: ClassVar[str] = "gateway"

    public_url: str = Field(description="Where clients reach this installation, http or https")
    upstreams: str = Field(
        "", description="HTTP addresses of services, name=host:port joined by commas"
    )
    node: str = Field(
        "", description="host:port at which other gateways call this one; found by itself if empty"
    )
    resume_url: str = Field(
        "",
        description="Where clients come back to this very process, http or https; the public URL if"
        " empty. Behind it, another one must answer while this one is away",
    )
    trusted_proxies: str = Field(
        "", description="Networks (CIDR, commas) whose X-Forwarded-For is believed"
    )
    rate_limit_scale: float = Field(
        1.0, ge=0, description="Multiplies every rate limit; 0 switches them off (load tests only)"
    )

    guilds_per_shard: int = Field(
        2_500, ge=1, description="A bot that is in more guilds has to divide them among shards"
    )

    def upstream_addresses(self) -> dict[str, tuple[str, int]]:
        """HTTP addresses by service."""
        return addresses(self.upstreams)

    def node_address(self) -> str:
        """How other gateways reach this one."""
        if self.node:
            return self.node
        host = socket.gethostname() if self.bind in ("0.0.0.0", "::") else self.bind  # noqa: S104
        return f"{host}:{self.rpc_port}"
