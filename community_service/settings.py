"""What can be turned."""

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import BlobSettings, BusSettings, StoredSettings


class Settings(StoredSettings, BusSettings, BlobSettings):
    """Settings of community_service, from COMMUNITY_*."""

    model_config = SettingsConfigDict(env_prefix="COMMUNITY_", frozen=True, extra="ignore")
    service: ClassVar[str] = "community"

    face_minutes: int = Field(
        60, ge=1, description="How old a kept name or avatar may be before it is asked for again"
    )
    departures_every: float = Field(
        1.0, gt=0, description="Seconds between looks for members still to be told of a deletion"
    )
    listings_every: float = Field(
        300.0, gt=0, description="Seconds between counts of the members of listed communities"
    )
    sightings_every: float = Field(
        2.0, gt=0, description="Seconds between notes of who came and went"
    )
    temporary_every: float = Field(
        600.0,
        gt=0,
        description="Seconds between looks for temporary members whose going was not heard of",
    )
    audit_every: float = Field(
        3_600.0, gt=0, description="Seconds between clearings of audit log entries past their time"
    )
    events_every: float = Field(
        5.0, gt=0, description="Seconds between looks for scheduled events that begin or end"
    )
    invites_every: float = Field(
        600.0, gt=0, description="Seconds between clearings of invites that let nobody in any more"
    )
