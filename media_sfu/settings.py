"""What can be turned in media_sfu."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """MEDIA_… in the environment."""

    service: ClassVar[str] = "media"
    model_config = SettingsConfigDict(env_prefix="MEDIA_", frozen=True, extra="ignore")

    udp_bind: str = Field("0.0.0.0", description="Address that media arrives on")  # noqa: S104
    udp_port: int = Field(8003, description="UDP port that media arrives on")
