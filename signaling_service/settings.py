"""What can be turned in signaling_service."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """SIGNALING_… in the environment."""

    service: ClassVar[str] = "signaling"
    model_config = SettingsConfigDict(env_prefix="SIGNALING_", frozen=True, extra="ignore")

    region_id: str = Field("home", description="Id of the voice region of this house")
    region_name: str = Field("Home", description="Name of the voice region of this house")
