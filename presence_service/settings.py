"""What can be turned in presence_service."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import BusSettings


class Settings(BusSettings):
    """PRESENCE_… in the environment."""

    service: ClassVar[str] = "presence"
    model_config = SettingsConfigDict(env_prefix="PRESENCE_", frozen=True, extra="ignore")

    lease_seconds: float = Field(
        60.0, description="A session counts for this long after its gateway was last heard"
    )
    renew_seconds: float = Field(20.0, description="How often leases are renewed")
    grace_seconds: float = Field(
        10.0, description="A closed session counts for this long: it may be back"
    )
    sweep_seconds: float = Field(1.0, description="How often lapsed leases are looked for")
    devices_seconds: float = Field(
        1.0,
        ge=0.0,
        le=2.0,
        description="So often the devices of one person are told of each other at most",
    )
    audience_seconds: float = Field(
        60.0, description="For how long the communities and friends of a person are remembered"
    )
