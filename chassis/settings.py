"""Settings from the environment: frozen, prefixed with the service's name, secrets without
defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

S = TypeVar("S", bound="ServiceSettings")

_REDIS = {"redis", "rediss", "unix", "redis+cluster", "rediss+cluster"}


class ServiceSettings(BaseSettings):
    """What every service can be told. A subclass sets `env_prefix` and adds its own."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    service: ClassVar[str]
    """The short name: chat, user, …"""

    bind: str = Field("127.0.0.1", description="Address to listen on, internal network only")
    port: int = Field(8000, description="HTTP port")
    rpc_port: int = Field(8001, description="Port for calls from neighbours (raw TCP)")
    admin_port: int = Field(8002, description="Port of /livez, /readyz and /metrics")
    instance: str = Field("", description="Name in logs and metrics; random if empty")
    log_level: str = Field("info", description="debug, info, warning or error")
    drain_seconds: float = Field(20.0, description="How long a stop may take to drain, at most 30")
    keyring: SecretStr = Field(description="Keys of this service, name:hex joined by commas")
    neighbours: str = Field("", description="RPC addresses, name=host:port joined by commas")

    @field_validator("keyring")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        for pair in filter(None, value.get_secret_value().split(",")):
            _, _, key = pair.rpartition(":")
            if len(key) < 32:
                raise ValueError("every key needs at least 32 hex digits")
            bytes.fromhex(key)
        return value

    def keys(self) -> dict[str, bytes]:
        """The keyring by name: `id.<audience>`, `<caller>><callee>`."""
        pairs = filter(None, self.keyring.get_secret_value().split(","))
        return {
            name: bytes.fromhex(key) for name, _, key in (pair.rpartition(":") for pair in pairs)
        }

    def neighbour_addresses(self) -> dict[str, tuple[str, int]]:
        """RPC addresses by service."""
        return addresses(self.neighbours)


class StoredSettings(ServiceSettings):
    """Of a service with a schema of its own."""

    database_url: SecretStr = Field(description="postgresql://role:password@host:port/database")
    database_pool: int = Field(8, description="Connections kept to the database")


class BusSettings(ServiceSettings):
    """Of a service that hears or tells events."""

    redis_url: SecretStr = Field(
        description="redis://:password@host:port/0, or redis+cluster://:password@host:port,host:port"
    )

    @field_validator("redis_url")
    @classmethod
    def _a_redis_url(cls, value: SecretStr) -> SecretStr:
        url = value.get_secret_value()
        if url and urlsplit(url).scheme not in _REDIS:
            raise ValueError("reads redis://:password@host:port/0, or redis+cluster://…")
        return value


class BlobSettings(ServiceSettings):
    """Of a service that keeps or shows files. All of them are told the same."""

    blobs: SecretStr = Field(
        SecretStr(".moim/blobs"),
        description="Where files lie: a folder, or s3://key:secret@bucket/prefix?endpoint=…&region=…",
    )


class PostSettings(ServiceSettings):
    """Of a service that writes letters. All of them are told the same."""

    public_url: str = Field(
        "http://127.0.0.1:8080", description="Where people come in: links in letters begin with it"
    )
    smtp_url: SecretStr = Field(
        SecretStr(""), description="smtp://user:password@host:587 or smtps://…; empty sends nothing"
    )
    mail_from: str = Field("Moim <moim@localhost>", description="Sender of letters")
    mail_folder: str = Field("", description="Without SMTP: a folder that letters are written to")

    @field_validator("smtp_url")
    @classmethod
    def _an_smtp_url(cls, value: SecretStr) -> SecretStr:
        parts = urlsplit(value.get_secret_value())
        if value.get_secret_value() and not (parts.scheme in {"smtp", "smtps"} and parts.hostname):
            raise ValueError("reads smtp://user:password@host:port, or smtps://…")
        return value


def addresses(text: str) -> dict[str, tuple[str, int]]:
    """`name=host:port,…` as a mapping."""
    found: dict[str, tuple[str, int]] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, _, address = entry.partition("=")
        host, _, port = address.rpartition(":")
        if not (name and host and port.isdigit()):
            raise ValueError(f"an address reads name=host:port, not {entry!r}")
        found[name] = (host, int(port))
    return found


def load(settings: type[S], given: Mapping[str, object] | None = None) -> S:
    """The settings, or SystemExit with one sentence for each that is wrong."""
    try:
        return settings.model_validate(dict(given)) if given is not None else settings()
    except ValidationError as error:
        prefix = settings.model_config.get("env_prefix", "")
        wrong = [f"{prefix}{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors()]
        raise SystemExit("settings are wrong: " + "; ".join(wrong)) from None
