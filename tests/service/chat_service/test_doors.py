"""What is no text, and what is far too deep, wide or long, at every door of chat_service: a clear
refusal at each, never a fault, and never much memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import httpx
import orjson
import pytest_asyncio

from contracts.identity import Kind
from tests.fixtures.memory import at_most
from tests.service.chat_service.house import ALICE, OWNER, House, refusal

_DEEP = 180
VALUES = (
    r'"a\u0000b"',
    r'"a\udc00\ud800b"',
    '"\udced\udca0\udc80"',  # the bytes of a lone surrogate
    '{"components":[' * _DEEP + "1" + "]}" * _DEEP,
    "9" * 4_500,
    "[" + "{}," * 20_000 + "{}]",
)
"""Of which no field of ours is made."""
BODIES = (b'{"a":[' * 80_000, b"nul", b'"' + rb"\u0041" * 170_000 + b'"')
MEMORY_MIB = 200
"""Of which twenty requests at once may take their part."""
SLOTS = {
    "POST /channels/{room}/messages": (
        '{"content":%s}',
        '{"content":"a","nonce":%s}',
        '{"embeds":[{"title":%s}]}',
        '{"embeds":[{"fields":[{"name":"a","value":%s}]}]}',
        '{"flags":32768,"components":[{"type":10,"content":%s}]}',
        '{"components":[%s]}',
        '{"poll":{"question":{"text":%s},"answers":[{"poll_media":{"text":"a"}}]}}',
        '{"content":"a","message_reference":%s}',
        '{"content":"a","attachments":[{"id":0,"filename":%s}]}',
    ),
    "PATCH /channels/{room}/messages/{sent}": ('{"content":%s}', '{"embeds":[%s]}'),
    "POST /channels/{room}/messages/bulk-delete": ('{"messages":%s}',),
    "POST /channels/{room}/threads": ('{"name":%s}', '{"name":"a","type":%s}'),
    "POST /channels/{room}/messages/{sent}/threads": ('{"name":%s}',),
    "POST /channels/{room}/messages/{sent}/ack": ('{"manual":%s}',),
    "POST /read-states/ack-bulk": ('{"read_states":%s}',),
    "POST /users/@me/channels": ('{"recipients":[%s]}',),
    "POST /channels/{room}/attachments": (
        '{"files":[{"id":0,"filename":%s,"file_size":1}]}',
        '{"files":%s}',
    ),
    "POST /interactions": (
        '{"type":2,"application_id":"{bot}","channel_id":"{room}","data":%s}',
        '{"type":2,"application_id":"{bot}","channel_id":"{room}",'
        '"data":{"id":"{command}","options":[{"name":"text","value":%s}]}}',
        '{"type":2,"application_id":"{bot}","channel_id":"{room}",'
        '"data":{"id":"{command}","options":%s}}',
        '{"type":3,"application_id":"{bot}","channel_id":"{room}","message_id":"{sent}",'
        '"data":{"custom_id":%s}}',
    ),
}
"""What people send: doors, and their forms with one field left open."""
BOTS = {
    "POST /applications/{bot}/commands": (
        '{"name":%s,"description":"a"}',
        '{"name":"a","description":%s}',
        '{"name":"a","description":"a","options":%s}',
    ),
    "PUT /applications/{bot}/commands": ("[%s]",),
}
HOOKS = {
    "POST ?wait=true": ('{"content":%s}', '{"content":"a","username":%s}', '{"embeds":[%s]}'),
}
OTHERS = {
    "POST /slack": ('{"text":%s}', '{"text":"a","attachments":[{"title":%s,"fields":%s}]}'),
    "POST /github": (
        '{"repository":{"full_name":%s},"ref":"a","commits":[{"id":"a","message":%s}]}',
    ),
}
"""Shapes of others, of which is taken what can be read."""


@pytest_asyncio.fixture(loop_scope="session")
async def named(house: House) -> dict[str, str]:
    """What stands in the paths."""
    guild = house.guild()
    channel, bot = house.channel(guild), house.bot(guild)
    sent = await house.send(ALICE, int(channel.id), "a")
    option = {"type": 3, "name": "text", "description": "What"}
    form = {"name": "do", "description": "Does", "options": [option]}
    made = await house.asks_as_bot(bot, "POST", f"/applications/{bot}/commands", json=form)
    return {
        "room": str(channel.id),
        "sent": sent["id"],
        "bot": str(bot),
        "command": made.json()["id"],
        "hook": str(house.webhook(channel)),
        "guild": str(guild),
    }


async def refused(answers: list[Awaitable[httpx.Response]]) -> None:
    """None of these is taken, and each is told so."""
    for start in range(0, len(answers), 20):
        for answer in await asyncio.gather(*answers[start : start + 20]):
            status, _ = refusal(answer)
            assert len(answer.content) < 1 << 16, answer.request.url
            assert status in (400, 404, 413), (answer.request.url, answer.request.content[:200])


def filled(forms: tuple[str, ...], named: dict[str, str]) -> list[bytes]:
    made = []
    for form in forms:
        for name, value in named.items():
            form = form.replace(f"{{{name}}}", value)  # noqa: PLW2901 - step by step
        made += [form.replace("%s", one).encode(errors="surrogateescape") for one in VALUES]
    return [*made, *BODIES]


async def test_people_bots_and_webhooks_are_told_what_is_no_text(
    house: House, named: dict[str, str]
) -> None:
    asked: list[Awaitable[httpx.Response]] = []
    headers = {"Content-Type": "application/json"}
    for doors, kind in ((SLOTS, Kind.USER), (BOTS, Kind.BOT), (HOOKS, Kind.WEBHOOK)):
        for door, forms in doors.items():
            method, path = door.split(" ", 1)
            for body in filled(forms, named):
                more: dict[str, Any] = {"content": body, "headers": headers}
                if kind is Kind.WEBHOOK:
                    asked.append(house.posts(int(named["hook"]), method, path, **more))
                elif kind is Kind.BOT:
                    at = path.format(**named)
                    asked.append(house.asks_as_bot(int(named["bot"]), method, at, **more))
                else:
                    asked.append(house.asks(ALICE, method, path.format(**named), **more))
    with at_most(MEMORY_MIB):
        await refused(asked)


async def test_what_can_not_be_read_of_others_shapes_is_left_out(
    house: House, named: dict[str, str]
) -> None:
    hook, headers = int(named["hook"]), {"Content-Type": "application/json"}
    for door, forms in OTHERS.items():
        method, path = door.split(" ")
        for body in filled(forms, named):
            answer = await house.posts(hook, method, path, content=body, headers=headers)
            assert answer.status_code in (200, 204, 400), (path, body[:200], answer.text)
    shown = orjson.dumps(await house.history(OWNER, int(named["room"]))).decode()
    assert "\\u0000" not in shown


async def test_what_is_said_beside_files_is_no_other_door(
    house: House, named: dict[str, str]
) -> None:
    asked: list[Awaitable[httpx.Response]] = []
    for door in ("POST /channels/{room}/messages", "POST /interactions"):
        for body in filled(SLOTS[door][:2], named):
            path = door.split(" ")[1].format(**named)
            asked.append(house.asks(ALICE, "POST", path, files={"payload_json": (None, body)}))
    await refused(asked)


async def test_queries_are_texts_as_well(house: House, named: dict[str, str]) -> None:
    """Of a search nothing is found by what is no text; nothing breaks, either."""
    texts = ("%00", "%ed%a0%80", "%ff", "a%00b", "%f4%90%80%80", "x" * 5_000)
    searches = ("/guilds/{guild}/messages/search?content=", "/channels/{room}/threads/search?name=")
    for text in texts:
        for search in searches:
            answer = await house.asks(OWNER, "GET", search.format(**named) + text)
            assert answer.status_code in (200, 400), (search, text, answer.text)
        path = f"/channels/{named['room']}/messages/{named['sent']}/reactions/{text}/@me"
        assert refusal(await house.asks(OWNER, "PUT", path))[0] in (400, 404)


async def test_an_application_answers_in_texts(house: House, named: dict[str, str]) -> None:
    call = {
        "type": 2,
        "application_id": named["bot"],
        "channel_id": named["room"],
        "data": {"id": named["command"], "options": []},
    }
    assert (await house.asks(ALICE, "POST", "/interactions", json=call)).status_code == 204
    told = [body for name, body in await house.told_to(int(named["bot"])) if "token" in body]
    client = house.running.as_(int(told[-1]["id"]), kind=Kind.INTERACTION, session=0)
    path = f"/interactions/{told[-1]['id']}/{told[-1]['token']}/callback"
    forms = (
        '{"type":4,"data":{"content":%s}}',
        '{"type":4,"data":{"embeds":%s}}',
        '{"type":4,"data":{"components":[%s]}}',
        '{"type":9,"data":{"custom_id":"a","title":%s,"components":[]}}',
        '{"type":9,"data":{"custom_id":"a","title":"a","components":[%s]}}',
        '{"type":%s}',
    )
    await refused([client.post(path, content=body) for body in filled(forms, named)])
    fine = await client.post(path, content=orjson.dumps({"type": 4, "data": {"content": "yes"}}))
    assert fine.status_code == 204
