"""Webhooks over HTTP, on a real database."""

from __future__ import annotations

from typing import Any

from contracts import limits, topics
from contracts.ids import WebhookId
from contracts.permissions import EVERYONE_DEFAULT, Permission
from contracts.rpc.community import FindWebhook, OpenWebhook
from tests.service.community_service.house import ALICE, BOB, DOT, MALLORY, House


async def _general(house: House, guild: str) -> str:
    return str((await house.channels(guild))["general"]["id"])


async def _made(house: House, channel: str, name: str = "News") -> dict[str, Any]:
    made: dict[str, Any] = await house.does(
        ALICE, "POST", f"/channels/{channel}/webhooks", json={"name": name, "avatar": None}
    )
    return made


async def test_a_webhook_lives_from_being_made_to_being_deleted(house: House) -> None:
    guild = await house.guild()
    channel = await _general(house, guild)
    made = await _made(house, channel, " News ")
    assert (made["name"], made["channel_id"], made["guild_id"]) == ("News", channel, guild)
    assert made["user"]["id"] == str(ALICE)
    assert len(made["token"]) == 68
    for path in (f"/channels/{channel}/webhooks", f"/guilds/{guild}/webhooks"):
        assert await house.does(ALICE, "GET", path) == [made]
    room = (await house.channel(guild))["id"]
    moved = await house.does(
        ALICE, "PATCH", f"/webhooks/{made['id']}", json={"channel_id": room, "name": "Olds"}
    )
    assert moved == {**made, "channel_id": room, "name": "Olds"}
    await house.does(ALICE, "DELETE", f"/webhooks/{made['id']}")
    assert await house.refused(ALICE, "GET", f"/webhooks/{made['id']}") == (404, 10015)
    told = await house.told(topics.guild(int(guild)))
    where = [body["channel_id"] for name, body in told if name == "WebhooksUpdate"]
    assert where == [channel, channel, room, room]


async def test_its_token_opens_it_without_an_account(house: House) -> None:
    channel = await _general(house, await house.guild())
    made = await _made(house, channel)
    path, nobody = f"/webhooks/{made['id']}/{made['token']}", house.running.nobody
    seen = (await nobody.get(path)).json()
    assert seen == {name: value for name, value in made.items() if name != "user"}
    changes = {"name": "Other", "channel_id": "1"}
    changed = (await nobody.patch(path, json=changes)).json()
    assert changed == {**seen, "name": "Other"}
    wrong = await nobody.delete(f"{path[:-1]}{'A' if path[-1] != 'A' else 'B'}")
    assert (wrong.status_code, wrong.json()["code"]) == (401, 50027)
    assert (await nobody.delete(path)).status_code == 204
    assert (await nobody.get(path)).status_code == 404


async def test_a_webhook_has_a_face(house: House) -> None:
    channel = await _general(house, await house.guild())
    form = {"name": "News", "avatar": DOT}
    made = await house.does(ALICE, "POST", f"/channels/{channel}/webhooks", json=form)
    assert made["avatar"]
    path = f"/webhooks/{made['id']}"
    assert (await house.does(ALICE, "PATCH", path, json={"avatar": None}))["avatar"] is None
    again = await house.running.nobody.patch(f"{path}/{made['token']}", json={"avatar": DOT})
    assert again.json()["avatar"] == made["avatar"]


async def test_only_those_who_manage_webhooks_see_them(house: House) -> None:
    guild = await house.guild(BOB)
    channel = await _general(house, guild)
    one = f"/webhooks/{(await _made(house, channel))['id']}"
    asked = [
        ("POST", f"/channels/{channel}/webhooks", {"name": "Mine"}),
        ("GET", f"/channels/{channel}/webhooks", None),
        ("GET", f"/guilds/{guild}/webhooks", None),
        ("GET", one, None),
        ("PATCH", one, {"name": "Mine"}),
        ("DELETE", one, None),
    ]
    for method, path, form in asked:
        assert await house.refused(BOB, method, path, json=form) == (403, 50013), path
        status, code = await house.refused(MALLORY, method, path, json=form)
        assert (status, code) in {(404, 10003), (404, 10004), (404, 10015)}, path
    await house.grant(guild, int(EVERYONE_DEFAULT | Permission.MANAGE_WEBHOOKS))
    for method, path, form in asked:
        await house.does(BOB, method, path, json=form)


async def test_a_webhook_stays_in_its_guild_and_among_few(house: House) -> None:
    guild, other = await house.guild(), await house.guild()
    channel, category = await _general(house, guild), (await house.channels(guild))["Text channels"]
    made = await _made(house, channel)
    away = {"channel_id": await _general(house, other)}
    assert await house.refused(ALICE, "PATCH", f"/webhooks/{made['id']}", json=away) == (404, 10003)
    there, named = f"/channels/{category['id']}/webhooks", {"name": "News"}
    assert await house.refused(ALICE, "POST", there, json=named) == (403, 50024)
    for _ in range(limits.WEBHOOKS_PER_CHANNEL - 1):
        await _made(house, channel)
    full = f"/channels/{channel}/webhooks"
    assert await house.refused(ALICE, "POST", full, json=named) == (400, 30007)
    assert await house.refused(ALICE, "POST", full, json={"name": " "}) == (400, 50035)


async def test_neighbours_ask_whether_a_token_fits_and_how_a_webhook_looks(house: House) -> None:
    channel = await _general(house, await house.guild())
    made = await _made(house, channel)
    webhook_id, gateway = WebhookId(int(made["id"])), await house.running.calls_from("gateway")
    for token, fits in ((made["token"], True), (made["token"][:-1], False), ("", False)):
        opened = await gateway.ask(OpenWebhook(webhook_id=webhook_id, token=token))
        assert opened.is_open is fits
    chat = await house.running.calls_from("chat")
    found = (await chat.ask(FindWebhook(webhook_id=webhook_id))).webhook
    assert found is not None
    assert (found.name, str(int(found.channel_id)), found.token) == ("News", channel, None)
    await house.does(ALICE, "PATCH", f"/webhooks/{made['id']}", json={"name": "Olds"})
    await house.does(ALICE, "DELETE", f"/webhooks/{made['id']}")
    assert (await chat.ask(FindWebhook(webhook_id=webhook_id))).webhook is None
    assert not (await gateway.ask(OpenWebhook(webhook_id=webhook_id, token=made["token"]))).is_open
    for topic, is_gone in ((topics.FACES, [False, True]), (topics.IDENTITY, [True])):
        changed = [body for name, body in await house.told(topic) if name == "WebhookChanged"]
        assert [body["is_gone"] for body in changed if body["webhook_id"] == made["id"]] == is_gone
