"""Settings, notification settings, notes: kept, bounded, heard on other devices."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest_asyncio

from contracts import topics
from contracts.events.settings import (
    StatusChosen,
    UserGuildSettingsUpdate,
    UserNoteUpdate,
    UserSettingsUpdate,
)
from contracts.ids import UserId
from contracts.objects.presence import Status
from contracts.objects.settings import NotifyLevel
from contracts.rpc.users import GetArrivals, GetReaders, GetWishes
from tests.service.user_service.house import House, refused, wrong

SETTINGS = "/users/@me/settings"


class Mina:
    """One person with several devices, as far as the bus can tell."""

    def __init__(self, house: House, client: httpx.AsyncClient, user_id: UserId) -> None:
        self.house, self.client, self.id = house, client, user_id
        assert house.running.ears is not None
        self.ears = house.running.ears

    async def sets(self, path: str = SETTINGS, **form: Any) -> dict[str, Any]:
        response = await self.client.patch(path, json=form)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found


@pytest_asyncio.fixture(loop_scope="session")
async def mina(house: House) -> Mina:
    client = await house.person("mina", locale="ko")
    user_id = UserId(int((await client.get("/users/@me")).json()["id"]))
    found = Mina(house, client, user_id)
    await found.ears.to(topics.user(user_id))
    return found


class TestSettings:
    async def test_are_kept_beside_their_defaults_and_told(self, mina: Mina) -> None:
        before = (await mina.client.get(SETTINGS)).json()
        assert (before["theme"], before["status"]) == ("dark", "online")
        after = await mina.sets(theme="light", ownKey={"a": [1, None]}, developer_mode=True)
        changes = {"theme": "light", "ownKey": {"a": [1, None]}, "developer_mode": True}
        assert after == {**before, **changes}
        assert (await mina.client.get(SETTINGS)).json() == after
        (told,) = await mina.ears.hear(UserSettingsUpdate)
        assert told.dump() == {"user_id": str(mina.id), **changes}
        again = await mina.house.login("mina")
        assert again.json()["user_settings"]["theme"] == "light"

    async def test_of_several_devices_at_once_are_all_kept(self, mina: Mina) -> None:
        await asyncio.gather(*(mina.sets(**{f"key{n}": n}) for n in range(8)))
        after = (await mina.client.get(SETTINGS)).json()
        assert {f"key{n}": n for n in range(8)}.items() <= after.items()

    async def test_that_are_wrong_change_nothing(self, mina: Mina) -> None:
        before = (await mina.client.get(SETTINGS)).json()
        form = {"status": "away", "theme": "light"}
        wrong(await mina.client.patch(SETTINGS, json=form), status="BASE_TYPE_CHOICES")
        big = {"own": "x" * (64 << 10)}
        wrong(await mina.client.patch(SETTINGS, json=big), settings="BASE_TYPE_MAX_LENGTH")
        nul = {"own": ["a\0b"]}
        wrong(await mina.client.patch(SETTINGS, json=nul), settings="BASE_TYPE_INVALID")
        refused(await mina.client.patch(SETTINGS, json=[1]), 400, 50035)
        assert (await mina.client.get(SETTINGS)).json() == before


class TestStatus:
    async def test_is_told_to_gateways_and_comes_back_with_a_session(self, mina: Mina) -> None:
        await mina.sets(status="dnd", custom_status={"text": "책 읽는 중"})
        (chosen,) = await mina.ears.hear(StatusChosen)
        assert chosen.status is Status.DND
        assert chosen.custom is not None
        assert chosen.custom["state"] == "책 읽는 중"
        edge = await mina.house.running.calls_from("gateway")
        (arriving,) = (await edge.ask(GetArrivals(user_ids=(mina.id,)))).people
        own = arriving.settings
        assert own is not None
        assert own.status is Status.DND
        assert own.custom_status is not None
        assert own.custom_status["type"] == 4
        assert own.settings["status"] == "dnd"
        await mina.sets(theme="light")
        assert len(mina.ears.heard(StatusChosen)) == 1

    async def test_lapses_by_the_clock(self, mina: Mina) -> None:
        soon = mina.house.running.service.clock.now() + timedelta(hours=1)
        await mina.sets(custom_status={"text": "soon back", "expires_at": soon.isoformat()})
        await mina.house.running.job("statuses")
        assert (await mina.client.get(SETTINGS)).json()["custom_status"] is not None
        await mina.house.rows("UPDATE user_settings SET status_until = now()")
        await mina.house.running.job("statuses")
        assert (await mina.client.get(SETTINGS)).json()["custom_status"] is None
        _, chosen = await mina.ears.hear(StatusChosen, count=2)
        assert chosen.custom is None


class TestNotifications:
    async def test_of_a_community_are_kept_told_and_asked_for(self, mina: Mina) -> None:
        path = "/users/@me/guilds/5/settings"
        before = (await mina.client.get(path)).json()
        assert (before["guild_id"], before["muted"], before["message_notifications"]) == (
            "5",
            False,
            3,
        )
        until = {"end_time": "2030-01-01T00:00:00+00:00", "selected_time_window": 900}
        after = await mina.sets(
            path,
            muted=True,
            mute_config=until,
            message_notifications=1,
            channel_overrides={"7": {"muted": True, "message_notifications": 2}},
        )
        assert (after["muted"], after["message_notifications"], after["version"]) == (True, 1, 1)
        assert after["mute_config"]["selected_time_window"] == 900
        assert [one["channel_id"] for one in after["channel_overrides"]] == ["7"]
        assert (await mina.client.get(path)).json() == after
        (told,) = await mina.ears.hear(UserGuildSettingsUpdate)
        assert told.dump() == {"user_id": str(mina.id), **after}
        calls = await mina.house.running.calls_from("notification")
        (wish,) = (await calls.ask(GetWishes(user_ids=(mina.id, UserId(1)), guild_id=5))).wishes
        assert wish.user_id == mina.id
        assert wish.settings.channel_overrides[0].message_notifications is NotifyLevel.NOTHING
        unmuted = await mina.sets(path, mute_config=None, muted=False)
        assert unmuted["mute_config"] is None

    async def test_of_private_conversations_are_their_own(self, mina: Mina) -> None:
        listed = [{"channel_id": "9", "muted": True}]
        after = await mina.sets("/users/@me/guilds/@me/settings", channel_overrides=listed)
        assert after["guild_id"] is None
        edge = await mina.house.running.calls_from("gateway")
        (arriving,) = (await edge.ask(GetArrivals(user_ids=(mina.id,)))).people
        assert arriving.settings is not None
        (own,) = arriving.settings.guild_settings
        assert (own.guild_id, own.channel_overrides[0].channel_id) == (None, 9)
        form = {"guilds": {"5": {"muted": True}, "6": {"mobile_push": False}}}
        answer = await mina.client.patch("/users/@me/guilds/settings", json=form)
        assert [(one["guild_id"], one["muted"]) for one in answer.json()] == [
            ("5", True),
            ("6", False),
        ]
        path = "/users/@me/guilds/x/settings"
        wrong(await mina.client.get(path), guild_id="NUMBER_TYPE_COERCE")


async def test_tell_who_writes_to_people_how_they_are_spoken_to(mina: Mina) -> None:
    calls = await mina.house.running.calls_from("notification")
    asked = GetReaders(user_ids=(mina.id, UserId(1)))
    (reader,) = (await calls.ask(asked)).readers
    assert (reader.user_id, reader.name, reader.locale) == (mina.id, "mina", "ko")
    assert (reader.is_dnd, reader.email) == (False, None)
    await mina.sets(status="dnd")
    await mina.house.rows("UPDATE credentials SET email = 'mina@example.org', is_verified = true")
    (reader,) = (await calls.ask(asked)).readers
    assert (reader.is_dnd, reader.email) == (True, "mina@example.org")
    await mina.house.rows("UPDATE users SET disabled = now()")
    assert not (await calls.ask(asked)).readers


class TestNotes:
    async def test_are_ones_own(self, mina: Mina) -> None:
        other = (await mina.house.register("other"))["user_id"]
        path = f"/users/@me/notes/{other}"
        refused(await mina.client.get(path), 404, 10013)
        assert (await mina.client.put(path, json={"note": " kind "})).status_code == 204
        note = {"user_id": str(mina.id), "note_user_id": other, "note": "kind"}
        assert (await mina.client.get(path)).json() == note
        assert (await mina.client.get("/users/@me/notes")).json() == {other: "kind"}
        (told,) = await mina.ears.hear(UserNoteUpdate)
        assert (str(told.id), told.note) == (other, "kind")
        await mina.client.put(path, json={"note": None})
        assert (await mina.client.get("/users/@me/notes")).json() == {}

    async def test_are_short_and_about_somebody(self, mina: Mina) -> None:
        refused(await mina.client.put("/users/@me/notes/1", json={"note": "x"}), 404, 10013)
        long = {"note": "x" * 257}
        wrong(await mina.client.put("/users/@me/notes/1", json=long), note="BASE_TYPE_MAX_LENGTH")
