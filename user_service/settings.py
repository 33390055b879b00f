"""What can be turned."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
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
    public_url: str = Field(
        "http://127.0.0.1:8080", description="Where people come in: links in letters begin with it"
    )
    smtp_url: SecretStr = Field(
        SecretStr(""), description="smtp://user:password@host:587 or smtps://…; empty sends nothing"
    )
    mail_from: str = Field("Moim <moim@localhost>", description="Sender of letters")
    mail_folder: str = Field("", description="Without SMTP: a folder that letters are written to")
    mails_every: float = Field(1.0, gt=0, description="Seconds between looks for letters to send")
    require_verified_email: bool = Field(
        default=False, description="Nobody logs in before confirming their e-mail address"
    )
    invite_only: bool = Field(
        default=False, description="Registering needs a code that an operator made"
    )
    harvests_every: float = Field(
        1.0, gt=0, description="Seconds between looks for exports that people asked for"
    )
    purge_every: float = Field(
        3_600.0, gt=0, description="Seconds between removals of what ended long ago"
    )
    pictures_every: float = Field(
        60.0, gt=0, description="Seconds between deletions of pictures that nobody shows any more"
    )

    @field_validator("smtp_url")
    @classmethod
    def _an_smtp_url(cls, value: SecretStr) -> SecretStr:
        parts = urlsplit(value.get_secret_value())
        if value.get_secret_value() and not (parts.scheme in {"smtp", "smtps"} and parts.hostname):
            raise ValueError("reads smtp://user:password@host:port, or smtps://…")
        return value

    @field_validator("require_verified_email")
    @classmethod
    def _letters_can_arrive(cls, value: bool, info: ValidationInfo) -> bool:  # noqa: FBT001
        if value and not (info.data["smtp_url"].get_secret_value() or info.data["mail_folder"]):
            raise ValueError("nobody could be verified without smtp_url")
        return value
