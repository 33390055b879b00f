"""What can be turned."""

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import BlobSettings, BusSettings, StoredSettings


class Settings(StoredSettings, BusSettings, BlobSettings):
    """Settings of chat_service, from CHAT_*."""

    model_config = SettingsConfigDict(env_prefix="CHAT_", frozen=True, extra="ignore")
    service: ClassVar[str] = "chat"

    nonce_hours: int = Field(
        24, ge=1, description="How long a nonce makes a repeated send harmless"
    )
    removals_every: float = Field(
        5.0, gt=0, description="Seconds between looks at what is to be deleted"
    )
