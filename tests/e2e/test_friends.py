"""People show a face, become friends and part again: seen at once, through the public port."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.fixtures.houses import Newcomer
from tests.fixtures.patience import PATIENCE
from tests.fixtures.people import PASSWORD

pytestmark = [pytest.mark.xdist_group("house"), pytest.mark.asyncio(loop_scope="session")]

LIST = "/users/@me/relationships"


def photo(side: int = 700) -> str:
    """Larger than any other body may be: noise does not shrink."""
    out = BytesIO()
    Image.frombytes("RGB", (side, side), os.urandom(side * side * 3)).save(out, "PNG")
    return f"data:image/png;base64,{b64encode(out.getvalue()).decode()}"


async def test_a_new_face_is_seen_at_once_by_everybody_in_the_community(meet: Newcomer) -> None:
    mina, jun = await meet("mina"), await meet("jun")
    channel = await mina.channel((await mina.founds())["id"])
    await jun.joins(await mina.invites(channel))
    phone = await jun.gateway().open()
    await phone.identify()
    await phone.expect("GUILD_CREATE")
    before = (await mina.sends(channel, "hello"))["author"]["avatar"]
    assert before is None
    changed = await mina.does(
        "PATCH", "/users/@me", json={"avatar": photo(), "global_name": "민아"}
    )
    assert await mina.refused("PATCH", "/users/@me", json={"username": "x" * 5}) == (400, 50035)
    seen = await phone.expect("GUILD_MEMBER_UPDATE", lambda d: d["user"]["id"] == mina.id)
    assert (seen["user"]["avatar"], seen["user"]["global_name"]) == (changed["avatar"], "민아")
    said = await phone.expect("MESSAGE_CREATE")
    assert said["author"]["avatar"] is None
    await mina.sends(channel, "look")
    look = await phone.expect("MESSAGE_CREATE", lambda d: d["content"] == "look")
    assert look["author"]["avatar"] == changed["avatar"]
    async with httpx.AsyncClient(base_url=mina.url, timeout=PATIENCE) as browser:
        path = f"/avatars/{mina.id}/{changed['avatar']}.webp"
        shown = await browser.get(path, params={"size": 64})
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
        with Image.open(BytesIO(shown.content)) as image:
            assert image.size == (64, 64)
        known = {"If-None-Match": shown.headers["etag"]}
        again = await browser.get(path, params={"size": 64}, headers=known)
        assert again.status_code == 304
    await phone.shut(1000)


async def test_friends_are_made_and_kept_away_without_a_reload(meet: Newcomer) -> None:
    mina, jun = await meet("mina"), await meet("jun")
    phone = await jun.gateway().open()
    await phone.identify()
    await mina.does("POST", LIST, json={"username": jun.name})
    asked = await phone.expect("RELATIONSHIP_ADD")
    assert (asked["id"], asked["type"], asked["should_notify"]) == (mina.id, 3, True)
    tablet = await mina.gateway().open()
    await tablet.identify()
    await jun.does("PUT", f"{LIST}/{mina.id}", json={})
    accepted = await tablet.expect("RELATIONSHIP_ADD")
    assert (accepted["id"], accepted["type"]) == (jun.id, 1)
    seen = await phone.expect("PRESENCE_UPDATE", lambda d: d["user"]["id"] == mina.id)
    assert (seen["status"], seen.get("guild_id")) == ("online", None)
    await mina.does("PATCH", "/users/@me/settings", json={"status": "idle"})
    await phone.expect("PRESENCE_UPDATE", lambda d: d["status"] == "idle")
    await mina.does("PUT", f"{LIST}/{jun.id}", json={"type": 2})
    gone = await phone.expect("RELATIONSHIP_REMOVE")
    assert gone["id"] == mina.id
    assert await jun.refused("PUT", f"{LIST}/{mina.id}", json={}) == (403, 80000)
    await mina.does("PATCH", "/users/@me/settings", json={"theme": "light"})
    assert (await tablet.expect("USER_SETTINGS_UPDATE", lambda d: "theme" in d))["theme"] == "light"
    form = {"login": mina.name, "password": PASSWORD}
    again = await mina.does("POST", "/auth/login", json=form)
    assert again["user_settings"]["theme"] == "light"
    for device in (phone, tablet):
        await device.shut(1000)


async def test_a_status_comes_back_with_every_session(meet: Newcomer) -> None:
    mina, jun = await meet("mina"), await meet("jun")
    channel = await mina.channel((await mina.founds())["id"])
    await jun.joins(await mina.invites(channel))
    await jun.does("PUT", f"{LIST}/{mina.id}", json={})
    status = {"status": "dnd", "custom_status": {"text": "책 읽는 중", "emoji_name": "📚"}}
    await mina.does("PATCH", "/users/@me/settings", json=status)
    phone = await jun.gateway().open()
    await phone.identify()
    tablet = await mina.gateway().open()
    ready = await tablet.identify()
    assert [(one["id"], one["type"]) for one in ready["relationships"]] == [(jun.id, 3)]
    assert ready["user_settings"]["status"] == "dnd"

    def reads(text: str | None) -> Callable[[dict[str, Any]], bool]:
        def is_so(d: dict[str, Any]) -> bool:
            said = [one["state"] for one in d["activities"] if one["type"] == 4]
            return d["user"]["id"] == mina.id and said == ([text] if text else [])

        return is_so

    shown = await phone.expect("PRESENCE_UPDATE", reads("책 읽는 중"))
    assert shown["status"] == "dnd"
    await mina.does("PATCH", "/users/@me/settings", json={"custom_status": {"text": "밥 먹는 중"}})
    await phone.expect("PRESENCE_UPDATE", reads("밥 먹는 중"))
    await mina.does("PATCH", "/users/@me/settings", json={"custom_status": None})
    await phone.expect("PRESENCE_UPDATE", reads(None))
    for device in (phone, tablet):
        await device.shut(1000)
