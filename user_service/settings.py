"""What can be turned."""

from __future__ import annotations

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from chassis.settings import BlobSettings, BusSettings, PostSettings, StoredSettings


class Settings(StoredSettings, BusSettings, BlobSettings, PostSettings):
    """Settings of user_service."""

    service = "user"
    model_config = SettingsConfigDict(env_prefix="USER_", frozen=True, extra="ignore")

    seal_keys: SecretStr = Field(
        description="Keys (64 hex digits, joined by commas) that seal the secrets of second factors"
        " in the database: the first seals, the others open what they have sealed before"
    )
    password_memory_kib: int = Field(19 << 10, description="Memory of one password hash (argon2id)")
    password_passes: int = Field(2, description="Passes over that memory")
    password_threads: int = Field(2, description="Password hashes computed at a time")
    password_queue: int = Field(256, description="Hashes waiting before newcomers are put off")
    mails_every: float = Field(1.0, gt=0, description="Seconds between looks for letters to send")
    forgot_takes: float = Field(
        0.2, ge=0, description="Seconds after which a lost password is answered, known or not"
    )
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

    @field_validator("seal_keys")
    @classmethod
    def _are_keys(cls, value: SecretStr) -> SecretStr:
        if not all(len(bytes.fromhex(key)) == 32 for key in value.get_secret_value().split(",")):
            raise ValueError("every key needs 64 hex digits")
        return value

    def sealing(self) -> tuple[bytes, ...]:
        """The keys, the one that seals first."""
        return tuple(map(bytes.fromhex, self.seal_keys.get_secret_value().split(",")))

    @field_validator("require_verified_email")
    @classmethod
    def _letters_can_arrive(cls, value: bool, info: ValidationInfo) -> bool:  # noqa: FBT001
        if value and not (info.data["smtp_url"].get_secret_value() or info.data["mail_folder"]):
            raise ValueError("nobody could be verified without smtp_url")
        return value
