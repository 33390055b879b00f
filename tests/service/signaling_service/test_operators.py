"""Operators' programs: LiveKit's own Python client of its RoomService, unmodified."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from livekit.api import (
    CreateRoomRequest,
    DeleteRoomRequest,
    ListParticipantsRequest,
    ListRoomsRequest,
    LiveKitAPI,
    MuteRoomTrackRequest,
    RoomParticipantIdentity,
    SendDataRequest,
    TwirpError,
    UpdateParticipantRequest,
    UpdateRoomMetadataRequest,
    UpdateSubscriptionsRequest,
)
from livekit.protocol.models import DataPacket, ParticipantPermission

from contracts.rpc import media
from signaling_service.domain.tokens import sign
from tests.fixtures.patience import until
from tests.fixtures.wire import Wire
from tests.service.signaling_service.house import ALICE, House
from tests.service.signaling_service.talk import SECRET, Worker, arrives, guest, talking_house

LOBBY = RoomParticipantIdentity(room="lobby", identity="first")


@pytest.fixture
async def talk(redis_url: str) -> AsyncIterator[tuple[House, Worker, LiveKitAPI]]:
    # The program signs its tokens by the time of the machine.
    async with (
        talking_house(redis_url, start=datetime.now(UTC)) as (house, worker),
        LiveKitAPI(house.running.url, "moim", SECRET) as program,
    ):
        yield house, worker, program


Talk = tuple[House, Worker, LiveKitAPI]


async def refused(work: Any) -> tuple[int, str]:
    with pytest.raises(TwirpError) as caught:
        await work
    return caught.value.status, caught.value.code


async def test_a_room_is_made_waits_is_described_and_ends(talk: Talk) -> None:
    house, _, program = talk
    wish = CreateRoomRequest(name="lobby", empty_timeout=60, max_participants=1, metadata="hello")
    made = await program.room.create_room(wish)
    assert (made.name, made.metadata, made.max_participants) == ("lobby", "hello", 1)
    async with AsyncExitStack() as stack:
        first = await guest(house, stack, "first")
        assert (await first.hears("joined"))["capacity"] == 1
        await (await guest(house, stack, "second")).hears("full")
        changed = UpdateRoomMetadataRequest(room="lobby", metadata="bye")
        assert (await program.room.update_room_metadata(changed)).metadata == "bye"
        (listed,) = (await program.room.list_rooms(ListRoomsRequest())).rooms
        assert (listed.sid, listed.num_participants, listed.metadata) == (made.sid, 1, "bye")
        await first.says(type="leave")
        await first.hears("bye")
    assert len((await program.room.list_rooms(ListRoomsRequest(names=["lobby"]))).rooms) == 1
    await program.room.delete_room(DeleteRoomRequest(room="lobby"))
    assert (await program.room.list_rooms(ListRoomsRequest())).rooms == []
    gone = DeleteRoomRequest(room="lobby")
    assert await refused(program.room.delete_room(gone)) == (404, "not_found")


async def test_a_room_to_which_nobody_came_is_gone(talk: Talk) -> None:
    house, _, program = talk
    await program.room.create_room(CreateRoomRequest(name="lobby", empty_timeout=60))
    await house.passes(61)
    # The sweep comes by itself.
    await until(
        lambda: program.room.list_rooms(ListRoomsRequest()), lambda listed: not listed.rooms
    )


async def test_somebody_is_described_muted_permitted_and_put_out(talk: Talk) -> None:
    house, worker, program = talk
    async with AsyncExitStack() as stack:
        first = await guest(house, stack, "first")
        await first.hears("created")
        await first.says(type="offer", sdp="v=0", tracks=[{"cid": "voice", "kind": "audio"}])
        await first.hears("answer")
        (track,) = (await program.room.get_participant(LOBBY)).tracks
        mute = MuteRoomTrackRequest(room="lobby", identity="first", track_sid=track.sid, muted=True)
        assert (await program.room.mute_published_track(mute)).track.muted
        assert (await first.hears("muted"))["cid"] == "voice"
        (asked,) = worker.all(media.MuteTrack)
        assert (asked.track, asked.is_muted) == (track.sid, True)
        mute.muted = False
        assert (await refused(program.room.mute_published_track(mute)))[1] == "failed_precondition"
        mute.track_sid = "TR_other"
        assert (await refused(program.room.mute_published_track(mute)))[1] == "not_found"
        only_listens = ParticipantPermission(can_subscribe=True, can_publish_data=True)
        wish = UpdateParticipantRequest(
            room="lobby", identity="first", name="First", permission=only_listens
        )
        wish.attributes["role"] = "guest"
        described = await program.room.update_participant(wish)
        assert (described.name, described.attributes["role"]) == ("First", "guest")
        assert (await first.hears("rights"))["you"]["may_speak"] is False
        (rights,) = worker.all(media.SetRights)
        assert not rights.rights.may_publish
        await program.room.remove_participant(LOBBY)
        assert (await first.hears("bye"))["why"] == "closed"
        assert (await refused(program.room.get_participant(LOBBY)))[1] == "not_found"


async def test_data_and_subscriptions_go_to_the_worker(talk: Talk) -> None:
    house, worker, program = talk
    async with AsyncExitStack() as stack:
        for name in ("first", "second"):
            await (await guest(house, stack, name)).hears(
                "created" if name == "first" else "joined"
            )
        listed = await program.room.list_participants(ListParticipantsRequest(room="lobby"))
        sids = {one.identity: one.sid for one in listed.participants}
        reliable = DataPacket.Kind.RELIABLE
        for to in ([], ["second", "nobody"]):
            wish = SendDataRequest(
                room="lobby", data=b"hi", kind=reliable, topic="news", destination_identities=to
            )
            await program.room.send_data(wish)
        to_all, to_one = worker.all(media.SendData)
        assert (to_all.to, to_one.to) == (None, (sids["second"],))
        packet = DataPacket.FromString(b64decode(to_one.payload))
        assert (packet.user.payload, packet.user.topic, to_one.is_reliable) == (b"hi", "news", True)
        wanted = UpdateSubscriptionsRequest(
            room="lobby", identity="first", track_sids=["TR_1"], subscribe=False
        )
        await program.room.update_subscriptions(wanted)
        (asked,) = worker.all(media.Subscribe)
        assert (asked.participant, asked.tracks, asked.is_wanted) == (
            sids["first"],
            ("TR_1",),
            False,
        )
        too_much = SendDataRequest(room="lobby", data=bytes(media.DATA_MOST), kind=reliable)
        assert (await refused(program.room.send_data(too_much)))[1] == "invalid_argument"


async def test_of_a_member_of_the_house_the_house_decides(talk: Talk) -> None:
    house, _, program = talk
    guild = await house.guild()
    channel = house.channel(guild)
    await house.joins(ALICE, channel, guild)
    async with AsyncExitStack() as stack:
        way = (await house.invited(ALICE))[0]
        alice = await arrives(house, stack, way.token)
        await alice.hears("created")
        named = {"room": str(channel), "identity": str(ALICE)}
        wish = UpdateParticipantRequest(**named, name="Somebody else")
        refusal = await refused(program.room.update_participant(wish))
        assert refusal == (412, "failed_precondition")
        wish = UpdateParticipantRequest(**named, metadata="on the air")
        assert (await program.room.update_participant(wish)).metadata == "on the air"
        await program.room.remove_participant(RoomParticipantIdentity(**named))
        assert (await alice.hears("bye"))["why"] == "closed"
    assert (await house.told_in_all(2))[-1] == (ALICE, None)


async def test_a_token_opens_what_it_grants_and_nothing_else(talk: Talk) -> None:
    house, _, program = talk
    await program.room.create_room(CreateRoomRequest(name="lobby"))

    async def asks(method: str, form: dict[str, str], **grants: Any) -> tuple[int, Any]:
        until = house.clock.now_ms() / 1000 + 60
        token = sign({"iss": "moim", "exp": until, "video": grants}, SECRET.encode())
        path, headers = f"/twirp/livekit.RoomService/{method}", {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=house.running.url, transport=Wire()) as plain:
            answer = await plain.post(path, json=form, headers=headers)
        return answer.status_code, answer.json()

    lobby = {"room": "lobby"}
    assert (await asks("ListRooms", {}, roomList=True))[1]["rooms"][0]["name"] == "lobby"
    assert (await asks("ListRooms", {}, roomAdmin=True))[0] == 403
    assert (await asks("ListParticipants", lobby, roomList=True))[0] == 403
    assert (await asks("ListParticipants", lobby, roomAdmin=True, room="other"))[0] == 403
    assert (await asks("ListParticipants", lobby, roomAdmin=True))[0] == 403
    assert await asks("ListParticipants", lobby, roomAdmin=True, room="lobby") == (200, {})
    assert (await asks("Dance", {}, roomAdmin=True))[0] == 404
    assert (await asks("CreateRoom", {"name": ""}, roomCreate=True))[0] == 400
    assert (await asks("CreateRoom", {"name": 5}, roomCreate=True))[1]["code"] == "malformed"  # type: ignore[dict-item]
    async with LiveKitAPI(house.running.url, "moim", "guessed" * 8) as forger:
        refusal = await refused(forger.room.list_rooms(ListRoomsRequest()))
        assert refusal == (401, "unauthenticated")


async def test_what_is_wrong_with_a_call_can_be_looked_at(talk: Talk) -> None:
    house, _, _ = talk

    async def looks(path: str, **grants: Any) -> tuple[int, Any]:
        until = house.clock.now_ms() / 1000 + 60
        token = sign({"iss": "moim", "exp": until, "video": grants}, SECRET.encode())
        async with httpx.AsyncClient(base_url=house.running.url, transport=Wire()) as plain:
            answer = await plain.get(path, headers={"Authorization": f"Bearer {token}"})
        return answer.status_code, answer.json()

    async with AsyncExitStack() as stack:
        await (await guest(house, stack, "first")).hears("created")
        await (await guest(house, stack, "second")).hears("joined")
        status, all_ = await looks("/diagnostics", roomList=True)
        assert (status, [one["worker"] for one in all_["workers"]]) == (200, ["media-test"])
        assert [(one["room"], one["people"]) for one in all_["rooms"]] == [("lobby", 2)]
        admin = {"roomAdmin": True, "room": "lobby"}
        _, told = await looks("/diagnostics/lobby", **admin)
        first, second = told["participants"]
        assert (first["identity"], first["measured"]["loss_down"]) == ("first", 0.25)
        assert (second["measured"], second["is_connected"]) == (None, False)
        assert (await looks("/diagnostics/lobby", roomAdmin=True, room="other"))[0] == 403
        assert (await looks("/diagnostics"))[0] == 403
        assert (await looks("/diagnostics/other", roomAdmin=True, room="other"))[0] == 404
