"""What can be turned in notification_service."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from chassis.settings import BusSettings, PostSettings, StoredSettings


class Settings(StoredSettings, BusSettings, PostSettings):
    """NOTIFICATION_… in the environment."""

    service: ClassVar[str] = "notification"
    model_config = SettingsConfigDict(env_prefix="NOTIFICATION_", frozen=True, extra="ignore")

    devices_per_person: int = Field(
        20, ge=1, description="Devices kept for one person; the longest unseen go first"
    )
    wait: float = Field(1.0, ge=0, description="Seconds a push waits for more of the same")
    wait_active: float = Field(
        20.0, ge=0, description="The same while its reader is awake at another device"
    )
    window: float = Field(
        10.0, ge=0, description="Seconds between two pushes of one channel to one person"
    )
    worth_hours: float = Field(24.0, gt=0, description="After so long nobody is told any more")
    history_days: float = Field(30.0, gt=0, description="How long the history is kept")
    pushes_every: float = Field(0.25, gt=0, description="Seconds between looks for due pushes")
    batch: int = Field(100, ge=1, le=500, description="Pushes claimed at a time of one provider")
    vapid_key: SecretStr = Field(
        SecretStr(""), description="32 random bytes in hex; empty switches Web Push off"
    )
    vapid_contact: str = Field(
        "mailto:admin@localhost", description="Whom a push service may write to about us"
    )
    private_push: bool = Field(
        default=False, description="Push services may be at private addresses, and without TLS"
    )
    fcm_credentials: str = Field(
        "", description="A file with a Firebase service account; empty switches FCM off"
    )
    fcm_url: str = Field("", description="Where FCM is reached; empty is Google's")
    apns_key: str = Field(
        "", description="A file with a key of Apple's push service (.p8), for calls; empty is off"
    )
    apns_key_id: str = Field("", description="The id of that key")
    apns_team: str = Field("", description="The id of the team that it is of")
    apns_topic: str = Field("", description="The bundle id of the app, without .voip")
    apns_url: str = Field("", description="Where Apple's push service is; empty is production")
    push_timeout: float = Field(10.0, gt=0, description="Seconds a provider may take to answer")
    digest_hours: float = Field(
        48.0, gt=0, description="Hours away until a digest is mailed to who wants one"
    )
    digests_every: float = Field(600.0, gt=0, description="Seconds between looks for digests")

    @field_validator("vapid_key")
    @classmethod
    def _a_key(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if text and (len(text) != 64 or not set(text.lower()) <= set("0123456789abcdef")):
            raise ValueError("needs 64 hex digits")
        return value

    @property
    def worth(self) -> timedelta:
        """How long a notice is worth being pushed."""
        return timedelta(hours=self.worth_hours)
