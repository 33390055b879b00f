"""What can be turned."""

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import BlobSettings, BusSettings, StoredSettings
from contracts import limits


class Settings(StoredSettings, BusSettings, BlobSettings):
    """Settings of chat_service, from CHAT_*."""

    model_config = SettingsConfigDict(env_prefix="CHAT_", frozen=True, extra="ignore")
    service: ClassVar[str] = "chat"

    nonce_hours: int = Field(
        24, ge=1, description="How long a nonce makes a repeated send harmless"
    )
    indexing_every: float = Field(
        5.0, gt=0, description="Seconds between looks at what can not be searched yet"
    )
    archive_every: float = Field(
        15.0, gt=0, description="Seconds between looks at which threads fall asleep"
    )
    polls_every: float = Field(
        1.0, gt=0, description="Seconds between looks for polls whose time is up"
    )
    removals_every: float = Field(
        5.0, gt=0, description="Seconds between looks at what is to be deleted"
    )
    previews: bool = Field(
        False, description="Whether links in messages are looked at, and shown as embeds"
    )
    previews_inside: str = Field(
        "", description="Places that may be looked at though not public: host:port joined by commas"
    )
    public_url: str = Field(
        "http://127.0.0.1:8080", description="Where clients reach this installation: links of files"
    )
    file_bytes: int = Field(
        limits.FILE_BYTES, ge=1, description="The largest file that can be attached"
    )
    upload_bytes: int = Field(
        limits.UPLOAD_BYTES,
        ge=1,
        le=limits.UPLOAD_BODY_BYTES - limits.BODY_BYTES,
        description="All files of one message together",
    )
    recording_bytes: int = Field(
        limits.UPLOAD_BODY_BYTES - limits.BODY_BYTES,
        ge=1,
        le=limits.UPLOAD_BODY_BYTES,
        description="The largest film of a recording",
    )
    attendance_days: int = Field(
        365, ge=1, description="How long it is known who was in a voice channel"
    )
    uploads_at_once: int = Field(
        64, ge=1, description="Requests with files that are taken in at the same time"
    )
    uploads_kept_hours: int = Field(
        24, ge=1, description="How long a file that was sent ahead waits for its message"
    )
    sweep_every: float = Field(
        5.0, gt=0, description="Seconds between looks at files that are to be deleted"
    )
    orphans_every: float = Field(
        86_400.0, gt=0, description="Seconds between looks for files that no message ever knew of"
    )
    interaction_patience: float = Field(
        limits.INTERACTION_ANSWER_S,
        gt=0,
        description="Seconds that an application has for its first answer to what it is asked",
    )
    interactions_every: float = Field(
        1.0, gt=0, description="Seconds between looks for interactions that nobody answered"
    )
