"""Stages that open and close, and what is said of voice channels."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from contracts import topics
from contracts.events.audit import Governed
from contracts.events.voice import (
    StageInstanceCreate,
    StageInstanceDelete,
    StageInstanceUpdate,
    VoiceChannelStatusUpdate,
)
from contracts.ids import GuildId
from contracts.objects.channel import ChannelOverwrite, ChannelType, OverwriteType
from contracts.permissions import EVERYONE_DEFAULT, Permission
from contracts.rpc.chat import AnnounceStage
from contracts.rpc.signaling import GetVoiceStates
from tests.fixtures.patience import until
from tests.service.signaling_service.house import ALICE, BOB, CAROL, STRANGER, House, open_house

MODERATES = Permission.MANAGE_CHANNELS | Permission.MUTE_MEMBERS | Permission.MOVE_MEMBERS
QUIET = (EVERYONE_DEFAULT | MODERATES) & ~Permission.MENTION_EVERYONE


@pytest.fixture
async def house(redis_url: str) -> AsyncIterator[House]:
    async with open_house(redis_url, pending_seconds=100_000) as house:
        yield house


def allowing(user_id: int, allow: Permission) -> tuple[ChannelOverwrite, ...]:
    return (ChannelOverwrite(id=user_id, type=OverwriteType.MEMBER, allow=int(allow), deny=0),)


async def said(house: House, user_id: int, method: str, path: str, **form: Any) -> tuple[int, Any]:
    answer = await house.running.as_(user_id).request(method, path, json=form or None)
    if answer.status_code == 200:
        return 200, answer.json()
    return answer.status_code, answer.json()["code"] if answer.content else None


def _of_stages(house: House) -> list[AnnounceStage]:
    return house.neighbours.of_stages


class TestStage:
    async def test_is_opened_renamed_and_closed_by_who_moderates_it(self, house: House) -> None:
        guild = await house.guild()
        channel = house.channel(guild, ChannelType.STAGE, allowing(CAROL, MODERATES))
        form = {"channel_id": str(channel), "topic": " Tea "}
        assert await said(house, BOB, "POST", "/stage-instances", **form) == (403, 50013)
        assert await said(house, STRANGER, "POST", "/stage-instances", **form) == (403, 50001)
        path = f"/stage-instances/{channel}"
        assert await said(house, CAROL, "GET", path) == (404, 10067)
        status, stage = await said(house, CAROL, "POST", "/stage-instances", **form)
        assert (status, stage["topic"], stage["guild_id"]) == (200, "Tea", str(guild))
        assert await said(house, CAROL, "POST", "/stage-instances", **form) == (400, 150006)
        assert await said(house, BOB, "GET", path) == (200, stage)
        (told,) = await house.ears.hear(StageInstanceCreate)
        assert (told.id, told.channel_id) == (int(stage["id"]), channel)
        found = await house.gateway.ask(GetVoiceStates(guild_id=GuildId(guild)))
        assert [one.topic for one in found.stages] == ["Tea"], "for GUILD_CREATE"
        assert await said(house, BOB, "PATCH", path, topic="Coffee") == (403, 50013)
        assert (await said(house, CAROL, "PATCH", path, topic="Coffee"))[1]["topic"] == "Coffee"
        assert (await house.ears.hear(StageInstanceUpdate))[-1].topic == "Coffee"
        assert await said(house, BOB, "DELETE", path) == (403, 50013)
        assert await said(house, CAROL, "DELETE", path) == (204, None)
        assert len(await house.ears.hear(StageInstanceDelete)) == 1
        assert await said(house, CAROL, "DELETE", path) == (404, 10067)

    async def test_is_logged_with_the_reason_and_told_of_by_messages(self, house: House) -> None:
        await house.ears.to(topics.DEEDS)
        guild = await house.guild(QUIET)
        channel = house.channel(guild, ChannelType.STAGE)
        bob, at = house.running.as_(BOB), f"/stage-instances/{channel}"
        why = {"X-Audit-Log-Reason": "it%20is%20five"}
        form = {"channel_id": str(channel), "topic": "Tea"}
        assert (await bob.post("/stage-instances", json=form, headers=why)).status_code == 200
        await house.joins(BOB, channel, guild)
        mine = f"/guilds/{guild}/voice-states/@me"
        for up in (False, False, True):
            assert (await said(house, BOB, "PATCH", mine, suppress=up))[0] == 204
        for _ in range(2):
            assert (await said(house, BOB, "PATCH", at, topic="Coffee"))[0] == 200
        assert (await said(house, BOB, "DELETE", at))[0] == 204
        told = [
            (one.user_id, one.channel_id, int(one.deed), one.topic) for one in _of_stages(house)
        ]
        expected = [(27, "Tea"), (29, ""), (31, "Coffee"), (28, "Coffee")]
        assert told == [(BOB, channel, *one) for one in expected]
        deeds = await house.ears.hear(Governed, count=3)
        assert [(int(one.action), one.reason) for one in deeds] == [
            (83, "it is five"),
            (84, None),
            (85, None),
        ]
        assert {(one.guild_id, one.actor_id, one.options["channel_id"]) for one in deeds} == {
            (guild, BOB, str(channel))
        }
        (change,) = deeds[1].changes
        assert (change.key, change.old_value, change.new_value) == ("topic", "Tea", "Coffee")

    async def test_is_in_a_stage_channel_and_has_a_topic(self, house: House) -> None:
        guild = await house.guild(QUIET)
        stage, voice = house.channel(guild, ChannelType.STAGE), house.channel(guild)
        at = "/stage-instances"
        wrong = {"channel_id": str(voice), "topic": "Tea"}
        assert await said(house, BOB, "POST", at, **wrong) == (403, 50024)
        assert await said(house, BOB, "POST", at, **{**wrong, "channel_id": "5"}) == (404, 10003)
        for bad in ({"topic": ""}, {"topic": "x" * 121}, {"topic": "x", "privacy_level": 1}):
            form = {"channel_id": str(stage), **bad}
            assert await said(house, BOB, "POST", at, **form) == (400, 50035)
        loud = {"channel_id": str(stage), "topic": "Tea", "send_start_notification": True}
        assert await said(house, BOB, "POST", at, **loud) == (403, 50013), "takes MENTION_EVERYONE"
        quiet = {**loud, "send_start_notification": False}
        assert (await said(house, BOB, "POST", at, **quiet))[0] == 200

    async def test_closes_by_itself_when_nobody_has_spoken_for_long(self, house: House) -> None:
        guild = await house.guild(QUIET)
        channel = house.channel(guild, ChannelType.STAGE)
        form = {"channel_id": str(channel), "topic": "Tea"}
        assert (await said(house, BOB, "POST", "/stage-instances", **form))[0] == 200
        await house.joins(BOB, channel, guild)
        path, up = f"/guilds/{guild}/voice-states/@me", {"suppress": False}
        assert (await said(house, BOB, "PATCH", path, **up))[0] == 204
        await house.passes(600)
        await house.joins(ALICE, channel, guild)
        assert (await said(house, BOB, "GET", f"/stage-instances/{channel}"))[0] == 200
        await house.joins(BOB, None, guild)

        async def closed() -> list[StageInstanceDelete]:
            await house.passes(301)  # the look at stages comes by itself
            return house.ears.heard(StageInstanceDelete)

        await until(closed)
        assert (await said(house, ALICE, "GET", f"/stage-instances/{channel}")) == (404, 10067)


class TestStatus:
    async def test_is_said_from_inside_and_gone_with_the_last_one(self, house: House) -> None:
        guild = await house.guild(EVERYONE_DEFAULT | Permission.SET_VOICE_CHANNEL_STATUS)
        channel = house.channel(guild, overwrites=allowing(CAROL, Permission.MANAGE_CHANNELS))
        path = f"/channels/{channel}/voice-status"
        assert await said(house, BOB, "PUT", path, status="tea") == (403, 50013)
        assert await said(house, CAROL, "PUT", path, status="x" * 501) == (400, 50035)
        await house.joins(BOB, channel, guild)
        await house.joins(ALICE, channel, guild)
        assert await said(house, BOB, "PUT", path, status="tea") == (204, None)
        assert await said(house, CAROL, "PUT", path, status="coffee") == (204, None)
        await house.joins(BOB, None, guild)
        other = house.channel(guild)
        await house.joins(ALICE, other, guild)
        told = await house.ears.hear(VoiceChannelStatusUpdate, count=3)
        assert [one.status for one in told] == ["tea", "coffee", None]
        assert {one.id for one in told} == {channel}
        assert {topic for topic, name, _ in house.ears.events if "Status" in name} == {
            topics.guild(guild)
        }

    async def test_is_of_voice_channels_alone(self, house: House) -> None:
        guild = await house.guild()
        path = f"/channels/{house.channel(guild, ChannelType.STAGE)}/voice-status"
        assert await said(house, BOB, "PUT", path, status="tea") == (403, 50024)
        assert await said(house, BOB, "PUT", "/channels/5/voice-status", status="x") == (404, 10003)
