"""What can be turned in media_sfu."""

from __future__ import annotations

import socket
from enum import StrEnum
from typing import ClassVar

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings
from media_sfu.relay import Turn

_ANYWHERE = ("0.0.0.0", "::")  # noqa: S104


class Kernel(StrEnum):
    """What copies of packets are made by: the same bytes, at another cost."""

    AUTO = "auto"
    PURE = "pure"
    COMPILED = "compiled"


class Settings(ServiceSettings):
    """MEDIA_… in the environment."""

    service: ClassVar[str] = "media"
    model_config = SettingsConfigDict(env_prefix="MEDIA_", frozen=True, extra="ignore")

    udp_bind: str = Field("0.0.0.0", description="Address that media arrives on")  # noqa: S104
    udp_port: int = Field(8003, description="UDP port that media arrives on")
    public_ips: str = Field(
        "", description="Addresses clients send media to (commas); found by itself if empty"
    )
    node: str = Field(
        "", description="host:port at which signaling calls this worker; found by itself if empty"
    )
    relay: str = Field(
        "",
        description="host:port at which other workers send it media; found by itself if empty",
    )
    kernel: Kernel = Field(
        Kernel.AUTO,
        description="How copies are made: compiled (C), pure (Python), auto: compiled where built",
    )
    lost_seconds: float = Field(
        20.0, description="Somebody not heard for this long is gone; until then a call may resume"
    )
    connect_seconds: float = Field(30.0, description="How long a first connection may take")
    video_bits: int = Field(
        4_000_000, ge=100_000, description="Bits a second of video from a client with no estimator"
    )
    turn_urls: str = Field(
        "", description="TURN servers for clients: turn:host:3478?transport=udp,…"
    )
    turn_secret: SecretStr = Field(
        SecretStr(""),
        description="Secret shared with the TURN servers (coturn: static-auth-secret)",
    )
    turn_seconds: int = Field(86_400, description="How long TURN credentials last")

    recordings: str = Field(
        ".moim/recordings", description="Folder of recordings until they are delivered"
    )
    recording_hours: float = Field(4.0, gt=0, description="The longest recording")
    recording_bytes: int = Field(
        900 << 20, ge=1 << 12, description="The largest, below CHAT_RECORDING_BYTES"
    )
    recording_disk_bytes: int = Field(
        1 << 30, ge=0, description="With less space on that disk nothing is recorded"
    )
    files_url: str = Field(
        "", description="Where films of recordings are sent; empty: to the public address"
    )

    def hosts(self) -> tuple[str, ...]:
        """Addresses of the candidates."""
        given = tuple(host.strip() for host in self.public_ips.split(",") if host.strip())
        if given:
            return given
        return (outward() if self.udp_bind in _ANYWHERE else self.udp_bind,)

    def node_address(self) -> str:
        """How signaling reaches this worker."""
        if self.node:
            return self.node
        host = socket.gethostname() if self.bind in _ANYWHERE else self.bind
        return f"{host}:{self.rpc_port}"

    def pair_key(self) -> bytes:
        """What all workers of a house share; empty where the keyring is of an older one."""
        return self.keys().get("media>media", b"")

    def relay_address(self, port: int) -> str:
        """How other workers' media reaches this one, whose UDP port is known by now."""
        if not self.pair_key():
            return ""
        if self.relay:
            return self.relay
        host = self.udp_bind
        if host in _ANYWHERE:
            host = self.node_address().rpartition(":")[0]
        return f"{host}:{port}"

    def turn(self) -> Turn:
        """Where clients find help."""
        urls = tuple(url.strip() for url in self.turn_urls.split(",") if url.strip())
        return Turn(urls, self.turn_secret.get_secret_value().encode(), self.turn_seconds)


def outward() -> str:
    """The address from which this machine would speak to others; nothing is sent to find out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])
