"""`/users/@me/devices`: where one is pushed to. A client registers at each start: tokens change."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

import orjson
from fastapi import APIRouter, Response
from pydantic import StringConstraints

from chassis.http import nothing
from chassis.identity import Person
from contracts.errors import Invalid
from contracts.wire import Form
from notification_service import actions, views
from notification_service.domain.devices import (
    TOKEN_MAX,
    Address,
    DeviceId,
    Platform,
    Provider,
    WebKeys,
)
from notification_service.tools import Units

JSON_TYPE = "application/json"
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){8,100}")

Token = Annotated[str, StringConstraints(min_length=1, max_length=TOKEN_MAX, pattern=r"^[!-~]+$")]


class Keys(Form):
    """As a browser's PushSubscription says them."""

    p256dh: Annotated[str, StringConstraints(max_length=128)]
    auth: Annotated[str, StringConstraints(max_length=64)]


class NewDevice(Form):
    """The body of a registration: a token of FCM, one of PushKit (`apns`), or (`webpush`) what a
    browser's subscription says, whose `endpoint` may also be called `token`.
    """

    provider: Provider
    token: Token | None = None
    endpoint: Token | None = None
    keys: Keys | None = None
    platform: Platform | None = None

    def address(self) -> Address:
        """Where that is."""
        if self.provider is Provider.WEBPUSH:
            return self._browser()
        if self.token is None:
            raise _missing("token")
        if self.provider is Provider.APNS:
            if not _HEX.fullmatch(self.token):
                raise Invalid({"token": ("BASE_TYPE_INVALID", "Not a token of PushKit.")})
            return Address(self.provider, self.token.lower(), Platform.IOS)
        if self.platform is None:
            raise _missing("platform")
        return Address(self.provider, self.token, self.platform)

    def _browser(self) -> Address:
        endpoint = self.endpoint or self.token
        if endpoint is None:
            raise _missing("endpoint")
        if not _is_url(endpoint):
            raise Invalid({"endpoint": ("URL_TYPE_INVALID_URL", "Not a well formed URL.")})
        if self.keys is None:
            raise _missing("keys")
        # A large import, until the first browser subscribes.
        from notification_service.domain.webpush import are_keys

        keys = WebKeys(self.keys.p256dh, self.keys.auth)
        if not are_keys(keys):
            raise Invalid({"keys": ("BASE_TYPE_INVALID", "Not the keys of a subscription.")})
        return Address(self.provider, endpoint, self.platform or Platform.WEB, keys)


class OldDevice(Form):
    """The body of taking one back."""

    provider: Provider
    token: Token


class DevicesDoor:
    """The handlers."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def register(self, form: NewDevice, actor: Person) -> Response:
        """A new one, or one that changes hands."""
        address = form.address()
        reader = await actions.people.reader(self._units.tools, actor.user_id)
        async with self._units.open(actor) as unit:
            device = await actions.devices.register(unit, address, reader)
        return Response(orjson.dumps(views.device(device)), 201, media_type=JSON_TYPE)

    async def mine(self, actor: Person) -> Response:
        """One's own."""
        async with self._units.reading(actor) as unit:
            found = await actions.devices.mine(unit)
        return Response(orjson.dumps([views.device(each) for each in found]), media_type=JSON_TYPE)

    async def unregister(self, form: OldDevice, actor: Person) -> Response:
        """Away with the one of this token."""
        async with self._units.open(actor) as unit:
            await actions.devices.unregister(unit, form.provider, form.token)
        return nothing()

    async def remove(self, device_id: DeviceId, actor: Person) -> Response:
        """Away with this one."""
        async with self._units.open(actor) as unit:
            await actions.devices.remove(unit, device_id)
        return nothing()


def router(units: Units) -> APIRouter:
    """These routes."""
    door, routes = DevicesDoor(units), APIRouter()
    routes.post("/users/@me/devices")(door.register)
    routes.get("/users/@me/devices")(door.mine)
    routes.delete("/users/@me/devices")(door.unregister)
    routes.delete("/users/@me/devices/{device_id}")(door.remove)
    return routes


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"https", "http"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _missing(field: str) -> Invalid:
    return Invalid({field: ("BASE_TYPE_REQUIRED", "This field is required")})
