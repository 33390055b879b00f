"""Read markers and mention counts: the same on all devices, at any number of unread messages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from contracts.ids import ChannelId, RoleId, Snowflake, UserId
from contracts.objects.reading import ReadState
from contracts.rpc.chat import GetArrivals, GetLastMessages, Reader
from tests.service.chat_service.house import ALICE, BOB, OWNER, SINCE, STRANGER, House, refusal


async def states(
    house: House, who: int, *aliases: int, since: datetime = SINCE
) -> dict[int, ReadState]:
    calls = await house.running.calls_from("gateway")
    given = tuple((Snowflake(one), int(since.timestamp() * 1000)) for one in aliases)
    other = Reader(user_id=UserId(OWNER if who != OWNER else BOB))
    asked = (other, Reader(user_id=UserId(who), mentioned_as=given))
    found = (await calls.ask(GetArrivals(readers=asked))).people
    (mine,) = (one for one in found if one.user_id == who)
    return {int(one["id"]): ReadState.model_validate(one) for one in mine.read}


async def acks(house: House, who: int, room: int, message: str, **form: object) -> int:
    path = f"/channels/{room}/messages/{message}/ack"
    return (await house.asks(who, "POST", path, json=form)).status_code


async def test_a_marker_moves_for_all_devices_and_only_for_its_owner(house: House) -> None:
    """B4: one row a person and channel; a device that lags moves nothing back."""
    room = house.room()
    first, second = await house.sends(ALICE, room, 2)
    assert await acks(house, BOB, room, second["id"]) == 200
    assert await acks(house, BOB, room, first["id"], token="x", mention_count=7) == 200
    assert (await states(house, BOB))[room].last_message_id == int(second["id"])
    assert room not in await states(house, ALICE)
    told = [body for name, body in await house.told_to(BOB) if name == "MessageAck"]
    assert [one["message_id"] for one in told[-2:]] == [second["id"], second["id"]]
    assert await acks(house, BOB, room, first["id"], manual=True) == 200
    assert (await states(house, BOB))[room].last_message_id == int(first["id"])


async def test_mentions_are_counted_until_they_are_read(house: House) -> None:
    """B8: not one's own, not what was said before one came, and each message once."""
    guild = house.guild()
    house.member(guild, BOB, roles=(RoleId(5),))
    room = int(house.channel(guild).id)
    aliases = (guild, 5)
    said = ["plain", f"<@{BOB}>", "@everyone", f"<@{BOB}> <@&5> @here", "<@&5>"]
    sent = [await house.send(OWNER, room, one) for one in said]
    assert (await states(house, BOB, *aliases))[room].mention_count == 4
    assert (await states(house, BOB))[room].mention_count == 2
    assert room not in await states(house, OWNER, *aliases)
    later = datetime.now(UTC) + timedelta(days=1)
    assert (await states(house, BOB, *aliases, since=later))[room].mention_count == 2
    assert await acks(house, BOB, room, sent[1]["id"]) == 200
    assert (await house.told_to(BOB))[-1][1]["mention_count"] == 3
    assert (await states(house, BOB, *aliases))[room].mention_count == 3
    await house.asks(OWNER, "DELETE", f"/channels/{room}/messages/{sent[2]['id']}")
    assert (await states(house, BOB, *aliases))[room].mention_count == 2
    assert await acks(house, BOB, room, sent[-1]["id"]) == 200
    assert (await states(house, BOB, *aliases))[room].mention_count == 0


async def test_who_has_blocked_somebody_is_not_called_by_them(house: House) -> None:
    """A21: a block counts for mentions as well."""
    room, blocked = house.room(), house.room()
    await house.send(ALICE, room, f"<@{BOB}>")
    house.neighbours.blocks.add((BOB, ALICE))
    sent = await house.send(ALICE, blocked, f"<@{BOB}>")
    house.neighbours.blocks.clear()
    assert [one["id"] for one in sent["mentions"]] == [str(BOB)]
    found = await states(house, BOB)
    assert room in found
    assert blocked not in found


async def test_every_message_of_a_conversation_is_for_its_reader(house: House) -> None:
    ann, ben = house.newcomer(), house.newcomer()
    channel = int((await house.opens(ann, ben))["id"])
    sent = [await house.send(ann, channel, "x") for _ in range(3)]
    await house.send(ben, channel, "mine")
    assert (await states(house, ben))[channel].mention_count == 3
    assert await acks(house, ben, channel, sent[1]["id"]) == 200
    assert (await states(house, ben))[channel].mention_count == 1


async def test_a_badge_counts_to_a_hundred(house: House) -> None:
    room = house.room()
    sent = await house.send(OWNER, room, f"<@{BOB}>")
    await house.admin.execute(
        "INSERT INTO chat.mentions "
        "SELECT $1, $2, $3::bigint - n, $4 FROM generate_series(1, 150) AS n",
        *(BOB, room, int(sent["id"]), OWNER),
    )
    assert (await states(house, BOB))[room].mention_count == 100


async def test_many_channels_are_read_at_once_or_none(house: House) -> None:
    rooms = [house.room(), house.room()]
    sent = [await house.send(ALICE, room, "x") for room in rooms]
    reads = [
        {"channel_id": str(room), "message_id": one["id"], "read_state_type": 0}
        for room, one in zip(rooms, sent, strict=True)
    ]
    wrong = [reads[0], {"channel_id": "5", "message_id": "5"}]
    bulk = "/read-states/ack-bulk"
    assert refusal(await house.asks(BOB, "POST", bulk, json={"read_states": wrong})) == (404, 10003)
    assert rooms[0] not in await states(house, BOB)
    nothing = await house.asks(BOB, "POST", bulk, json={"read_states": []})
    assert nothing.status_code == 204
    answer = await house.asks(BOB, "POST", bulk, json={"read_states": reads})
    assert answer.status_code == 204
    assert (await states(house, BOB)).keys() >= set(rooms)
    path = f"/channels/{rooms[0]}/messages/{sent[0]['id']}/ack"
    assert refusal(await house.asks(STRANGER, "POST", path, json={})) == (404, 10003)


async def test_many_markers_move_as_one_would_with_what_each_still_counts(house: House) -> None:
    guild, who = house.guild(), house.newcomer()
    house.member(guild, who)
    rooms = [int(house.channel(guild).id) for _ in range(2)]
    pair = int((await house.opens(ALICE, who))["id"])
    sent = {room: [await house.send(OWNER, room, f"<@{who}>") for _ in range(2)] for room in rooms}
    sent[pair] = [await house.send(ALICE, pair, "hi") for _ in range(3)]
    reads = [{"channel_id": str(room), "message_id": some[0]["id"]} for room, some in sent.items()]
    reads.append({"channel_id": str(rooms[0]), "message_id": sent[rooms[0]][1]["id"]})
    form = {"read_states": reads}
    assert (await house.asks(who, "POST", "/read-states/ack-bulk", json=form)).status_code == 204
    told = [body for name, body in await house.told_to(who) if name == "MessageAck"]
    assert {int(one["channel_id"]): one["mention_count"] for one in told} == {
        rooms[0]: 0,
        rooms[1]: 1,
        pair: 2,
    }


async def test_a_guild_is_read_at_once(house: House) -> None:
    guild, who = house.guild(), house.newcomer()
    house.member(guild, who)
    rooms = [int(house.channel(guild).id) for _ in range(3)]
    sent = {room: await house.send(OWNER, room, f"<@{who}>") for room in rooms[:2]}
    path = f"/guilds/{guild}/ack"
    for _ in range(2):
        assert (await house.asks(who, "POST", path)).status_code == 204
    told = [body for name, body in await house.told_to(who) if name == "MessageAck"]
    assert {int(one["channel_id"]): one["message_id"] for one in told} == {
        room: one["id"] for room, one in sent.items()
    }
    assert len(told) == 2
    found = await states(house, who)
    assert [found[room].mention_count for room in sent] == [0, 0]
    assert refusal(await house.asks(STRANGER, "POST", path)) == (404, 10004)


async def test_a_marker_can_be_forgotten_and_pins_be_seen(house: House) -> None:
    guild, who = house.guild(), house.newcomer()
    house.member(guild, who)
    room = int(house.channel(guild).id)
    sent = await house.send(OWNER, room, f"<@{who}>")
    assert await acks(house, who, room, sent["id"]) == 200
    answer = await house.asks(who, "POST", f"/channels/{room}/pins/ack")
    assert answer.status_code == 204
    state = (await states(house, who))[room]
    assert (state.last_message_id, state.mention_count) == (int(sent["id"]), 0)
    told = await house.told_to(who)
    assert told[-1][0] == "ChannelPinsAck"
    assert state.last_pin_timestamp == datetime.fromisoformat(told[-1][1]["timestamp"])
    gone = f"/channels/{room}/messages/ack"
    assert (await house.asks(who, "DELETE", gone)).status_code == 204
    state = (await states(house, who))[room]
    assert (state.last_message_id, state.mention_count) == (None, 1)
    assert (await house.told_to(who))[-1][1]["mention_count"] == 1


async def test_the_newest_message_of_each_channel_is_known(house: House) -> None:
    spoken, silent = house.room(), house.room()
    sent = await house.sends(ALICE, spoken, 2)
    calls = await house.running.calls_from("community")
    call = GetLastMessages(channel_ids=(ChannelId(spoken), ChannelId(silent)))
    assert (await calls.ask(call)).messages == {spoken: int(sent[1]["id"])}
