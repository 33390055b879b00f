"""What can be turned in notification_service."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import BusSettings, StoredSettings


class Settings(StoredSettings, BusSettings):
    """NOTIFICATION_… in the environment."""

    service: ClassVar[str] = "notification"
    model_config = SettingsConfigDict(env_prefix="NOTIFICATION_", frozen=True, extra="ignore")

    devices_per_person: int = Field(
        20, ge=1, description="Devices kept for one person; the longest unseen go first"
    )
