"""What can be turned."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import BlobSettings, BusSettings, StoredSettings


class Settings(StoredSettings, BusSettings, BlobSettings):
    """Settings of user_service."""

    service = "user"
    model_config = SettingsConfigDict(env_prefix="USER_", frozen=True, extra="ignore")

    password_memory_kib: int = Field(19 << 10, description="Memory of one password hash (argon2id)")
    password_passes: int = Field(2, description="Passes over that memory")
    password_threads: int = Field(2, description="Password hashes computed at a time")
    password_queue: int = Field(256, description="Hashes waiting before newcomers are put off")
