"""The session machine: every state with every opcode, every deadline, what real clients send."""

from __future__ import annotations

import itertools
from typing import Any

import orjson
import pytest

from contracts import limits
from contracts.closecodes import Close
from contracts.objects.presence import Status
from gateway.live.payloads import MembersRequest, ResumeRequest, Shown, VoiceRequest
from gateway.live.session import (
    ACK,
    INVALID,
    TRANSITIONS,
    Authenticate,
    Effect,
    End,
    Op,
    RequestMembers,
    Resume,
    Session,
    State,
    UpdatePresence,
    UpdateVoice,
)

IDENTIFY = {"token": "a.b.c", "intents": 513, "properties": {}}
RESUME = {"token": "a.b.c", "session_id": "abc", "seq": 7}
GOOD: dict[int, Any] = {
    Op.HEARTBEAT: None,
    Op.IDENTIFY: IDENTIFY,
    Op.PRESENCE: {"status": "dnd", "activities": [], "since": None, "afk": False},
    Op.VOICE: {"guild_id": "1", "channel_id": "2", "self_mute": False, "self_deaf": True},
    Op.RESUME: RESUME,
    Op.MEMBERS: {"guild_id": "1", "query": "", "limit": 0},
    Op.LIST: {"guild_id": "1", "typing": True, "channels": {"2": [[0, 99]]}},
    Op.LISTS: {"subscriptions": {"1": {"channels": {"2": [[0, 99]]}}}},
}
SERVER_OPS = (0, 7, 9, 10, 11, 5, 12, 15, 99, -1)


def say(op: object, d: object = None) -> bytes:
    return orjson.dumps({"op": op, "d": d})


def in_state(state: State) -> Session:
    session = Session(0.0)
    if state in (State.READYING, State.LIVE):
        session.feed(say(2, IDENTIFY), 0.0)
    if state is State.RESUMING:
        session.feed(say(6, RESUME), 0.0)
    if state is State.LIVE:
        session.ready()
    if state is State.CLOSING:
        session.end(Close.NORMAL)
    assert session.state is state
    return session


def closes(effects: list[Effect]) -> Close | None:
    return effects[0].close if len(effects) == 1 and isinstance(effects[0], End) else None


@pytest.mark.parametrize(("state", "op"), [*itertools.product(State, Op)])
def test_every_opcode_is_declared_in_every_state(state: State, op: Op) -> None:
    assert op in TRANSITIONS[state]


REFUSED = {
    **dict.fromkeys([(State.GREETING, op) for op in (3, 4, 8, 14, 37)], Close.NOT_AUTHENTICATED),
    **dict.fromkeys(
        [(s, op) for s in (State.READYING, State.RESUMING) for op in (4, 8, 14, 37)],
        Close.NOT_AUTHENTICATED,
    ),
    **dict.fromkeys(
        [(s, op) for s in (State.READYING, State.RESUMING, State.LIVE) for op in (2, 6)],
        Close.ALREADY_AUTHENTICATED,
    ),
}


@pytest.mark.parametrize(("state", "op"), [*itertools.product(State, Op)])
def test_every_opcode_does_in_every_state_what_the_table_says(state: State, op: Op) -> None:
    session = in_state(state)
    effects = session.feed(say(op, GOOD[op]), 1.0)
    if state is State.CLOSING:
        assert effects == []
    elif (state, int(op)) in REFUSED:
        assert closes(effects) is REFUSED[state, int(op)]
        assert session.state is State.CLOSING
    else:
        assert len(effects) == 1
        assert closes(effects) is None


@pytest.mark.parametrize(("state", "op"), [*itertools.product(State, SERVER_OPS)])
def test_an_unknown_opcode_ends_the_session(state: State, op: int) -> None:
    effects = in_state(state).feed(say(op), 1.0)
    assert closes(effects) is (None if state is State.CLOSING else Close.UNKNOWN_OPCODE)


@pytest.mark.parametrize(
    "payload",
    [
        *(b"", b"{", b"null", b"1", b'"text"', b"[]", b"{}", b"\xff\xfe", b"[" * 2000),
        *(b'{"op":null}', b'{"op":"1"}', b'{"op":1.0}', b'{"op":true}', b'{"op":NaN}'),
    ],
)
def test_what_can_not_be_read_ends_the_session(payload: bytes) -> None:
    assert closes(Session(0.0).feed(payload, 0.0)) is Close.DECODE_ERROR


@pytest.mark.parametrize(
    ("op", "d"),
    [
        *((op, d) for op in (2, 6) for d in (None, [], "x", 1, {})),
        (2, {**IDENTIFY, "token": None}),
        (2, {**IDENTIFY, "token": 1}),
        (6, {**RESUME, "session_id": None}),
        (6, {**RESUME, "session_id": "x" * 65}),
        (6, {**RESUME, "token": 5}),
    ],
)
def test_a_wrong_shape_ends_the_session(op: int, d: object) -> None:
    assert closes(Session(0.0).feed(say(op, d), 0.0)) is Close.DECODE_ERROR


@pytest.mark.parametrize(
    ("op", "d"),
    [
        (3, None),
        (3, []),
        (4, None),
        (4, {"guild_id": "x"}),
        (4, {"guild_id": 1.5}),
        (8, None),
        (8, {"query": ""}),
        (8, {"guild_id": "1", "user_ids": ["x"]}),
        (8, {"guild_id": -1, "query": ""}),
    ],
)
def test_a_wrong_shape_ends_a_live_session(op: int, d: object) -> None:
    assert closes(in_state(State.LIVE).feed(say(op, d), 0.0)) is Close.DECODE_ERROR


@pytest.mark.parametrize("d", [None, 0, 251, "x", [], {}])
def test_a_heartbeat_is_acknowledged_whatever_it_carries(d: object) -> None:
    assert Session(0.0).feed(say(1, d), 0.0) == [ACK]


class TestIdentify:
    def read(self, **fields: object) -> Any:
        (effect,) = Session(0.0).feed(say(2, {**IDENTIFY, **fields}), 0.0)
        assert isinstance(effect, Authenticate), effect
        return effect.identify

    def refused(self, **fields: object) -> Close | None:
        return closes(Session(0.0).feed(say(2, {**IDENTIFY, **fields}), 0.0))

    @pytest.mark.parametrize("token", ["a.b.c", "Bot a.b.c", "Bot  a.b.c"])
    def test_takes_the_prefix_of_bots_off_the_token(self, token: str) -> None:
        assert self.read(token=token).token == "a.b.c"

    @pytest.mark.parametrize("intents", [0, 513, 1 << 17, (1 << 53) - 1])
    def test_accepts_bits_that_it_does_not_know(self, intents: int) -> None:
        assert self.read(intents=intents).intents == intents

    def test_accepts_no_intents_from_people(self) -> None:
        assert self.read(intents=None).intents is None

    @pytest.mark.parametrize("intents", [-1, "513", 1.0, True, 1 << 53, []])
    def test_refuses_intents_that_are_no_bits(self, intents: object) -> None:
        assert self.refused(intents=intents) is Close.INVALID_INTENTS

    @pytest.mark.parametrize("compress", [True, False, None, "zlib-stream", 3])
    def test_does_not_mind_what_is_said_of_compression(self, compress: object) -> None:
        assert self.read(compress=compress)

    @pytest.mark.parametrize("shard", [[0, 1], [15, 16]])
    def test_reads_a_shard(self, shard: list[int]) -> None:
        assert self.read(shard=shard).shard == tuple(shard)

    @pytest.mark.parametrize(
        "shard", [[], [0], [0, 0], [1, 1], [2, 1], [-1, 2], ["0", "1"], [0, 1, 2], "01", 1, {}]
    )
    def test_refuses_a_shard_that_can_not_be(self, shard: object) -> None:
        assert self.refused(shard=shard) is Close.INVALID_SHARD

    @pytest.mark.parametrize(
        ("presence", "shown"),
        [
            (None, Shown()),
            ({}, Shown()),
            ({"status": "dnd", "activities": [{"name": "x"}]}, Shown(Status.DND, ({"name": "x"},))),
            ({"activities": None, "status": "offline", "since": None}, Shown()),
            ({"status": "idle", "game": {"name": "x"}}, Shown(Status.IDLE, ({"name": "x"},))),
            ({"status": "idle", "since": 5}, Shown(Status.IDLE, (), 5)),
            ({"status": "invisible"}, Shown(Status.INVISIBLE)),
            ({"status": "elsewhere", "activities": [1, {}]}, Shown(Status.ONLINE, ({},))),
            ("online", Shown()),
            ({"status": "online", "focus": "12"}, Shown(focus=12)),
        ],
    )
    def test_reads_a_presence_however_libraries_put_it(
        self, presence: object, shown: Shown
    ) -> None:
        assert self.read(presence=presence).shown == shown

    @pytest.mark.parametrize(
        ("properties", "platform"),
        [
            ({}, "web"),
            (None, "web"),
            ({"os": "linux", "browser": "discord.py", "device": "discord.py"}, "web"),
            ({"$os": "linux", "$browser": "Discord iOS"}, "mobile"),
            ({"os": "Android", "browser": "Discord Android"}, "mobile"),
            ({"os": "Windows", "browser": "Discord Client"}, "desktop"),
            ({"os": 5}, "web"),
        ],
    )
    def test_tells_platforms_apart(self, properties: object, platform: str) -> None:
        assert self.read(properties=properties).platform == platform


class TestResume:
    def test_is_read(self) -> None:
        effects = Session(0.0).feed(say(6, {**RESUME, "token": "Bot x"}), 0.0)
        assert effects == [Resume(ResumeRequest("x", "abc", 7))]

    @pytest.mark.parametrize("seq", [None, 0, -3, "7", 1 << 60, True, 1.5])
    def test_without_a_number_can_prove_nothing(self, seq: object) -> None:
        (effect,) = Session(0.0).feed(say(6, {**RESUME, "seq": seq}), 0.0)
        assert isinstance(effect, Resume)
        assert effect.request.seq == -1

    def test_refused_lets_the_client_identify_on_the_same_socket(self) -> None:
        session = in_state(State.RESUMING)
        assert session.refused(1.0) == [INVALID]
        (effect,) = session.feed(say(2, IDENTIFY), 2.0)
        assert isinstance(effect, Authenticate)

    def test_refused_gives_the_full_time_to_identify(self) -> None:
        session = in_state(State.RESUMING)
        session.refused(10.0)
        assert session.deadline() == 10.0 + limits.IDENTIFY_WITHIN_S

    def test_granted_makes_the_session_live(self) -> None:
        session = in_state(State.RESUMING)
        session.resumed()
        assert session.state is State.LIVE

    def test_may_be_tried_again_after_a_refusal(self) -> None:
        session = in_state(State.RESUMING)
        session.refused(1.0)
        (effect,) = session.feed(say(6, RESUME), 2.0)
        assert isinstance(effect, Resume)


class TestLive:
    def test_shows_itself_otherwise(self) -> None:
        effects = in_state(State.LIVE).feed(say(3, GOOD[3]), 0.0)
        assert effects == [UpdatePresence(Shown(Status.DND))]

    def test_hides_when_it_says_offline(self) -> None:
        effects = in_state(State.LIVE).feed(say(3, {"status": "offline", "activities": []}), 0.0)
        assert effects == [UpdatePresence(Shown(Status.INVISIBLE))]

    def test_wants_into_a_voice_channel(self) -> None:
        effects = in_state(State.LIVE).feed(say(4, GOOD[4]), 0.0)
        request = VoiceRequest(1, 2, self_mute=False, self_deaf=True, self_video=False)
        assert effects == [UpdateVoice(request)]

    def test_hangs_up_with_nulls(self) -> None:
        effects = in_state(State.LIVE).feed(say(4, {"guild_id": None, "channel_id": None}), 0.0)
        request = VoiceRequest(None, None, self_mute=False, self_deaf=False, self_video=False)
        assert effects == [UpdateVoice(request)]

    @pytest.mark.parametrize(
        ("d", "expected"),
        [
            ({"guild_id": 5, "query": "a", "limit": 3}, [(5, "a", 3, ())]),
            ({"guild_id": ["5", "6"], "query": ""}, [(5, "", 0, ()), (6, "", 0, ())]),
            ({"guild_id": "5", "user_ids": "7"}, [(5, None, 0, (7,))]),
            ({"guild_id": "5", "user_ids": [7, "8"], "limit": None}, [(5, None, 0, (7, 8))]),
            ({"guild_id": "5", "query": None}, [(5, "", 0, ())]),
        ],
    )
    def test_asks_for_members(self, d: object, expected: list[Any]) -> None:
        effects = in_state(State.LIVE).feed(say(8, d), 0.0)
        assert effects == [
            RequestMembers(MembersRequest(guild, query, limit, ids, presences=False, nonce=None))
            for guild, query, limit, ids in expected
        ]

    def test_gets_its_nonce_back_unless_it_is_too_long(self) -> None:
        for nonce, kept in (("n" * 32, "n" * 32), ("n" * 33, None), (5, None)):
            d = {"guild_id": "1", "query": "", "nonce": nonce, "presences": True}
            (effect,) = in_state(State.LIVE).feed(say(8, d), 0.0)
            assert isinstance(effect, RequestMembers)
            assert effect.request.nonce == kept
            assert effect.request.presences


class TestTime:
    def test_runs_out_without_identify(self) -> None:
        session = Session(100.0)
        assert session.deadline() == 115.0
        session.feed(say(1), 110.0)
        assert session.tick(114.9) == []
        assert closes(session.tick(115.0)) is Close.SESSION_TIMED_OUT
        assert session.deadline() is None

    def test_runs_out_without_heartbeats(self) -> None:
        session = in_state(State.LIVE)
        silence = limits.HEARTBEAT_INTERVAL_MS * 1.5 / 1000
        session.feed(say(1), 40.0)
        assert session.deadline() == 40.0 + silence
        assert session.tick(silence) == []
        assert closes(session.tick(40.0 + silence)) is Close.SESSION_TIMED_OUT

    def test_counts_no_other_payload_as_a_heartbeat(self) -> None:
        session = in_state(State.LIVE)
        before = session.deadline()
        session.feed(say(3, GOOD[3]), 30.0)
        assert session.deadline() == before

    @pytest.mark.parametrize("state", [State.READYING, State.RESUMING])
    def test_does_not_press_while_the_answer_is_ours(self, state: State) -> None:
        assert in_state(state).tick(20.0) == []

    def test_allows_so_many_payloads_a_minute_and_no_more(self) -> None:
        session = Session(0.0)
        for _ in range(limits.GATEWAY_PAYLOADS_PER_MINUTE):
            assert session.feed(say(1), 1.0) == [ACK]
        assert closes(session.feed(say(1), 59.9)) is Close.RATE_LIMITED

    def test_counts_anew_every_minute(self) -> None:
        session = Session(0.0)
        for at in (1.0, 61.0, 122.0):
            for _ in range(limits.GATEWAY_PAYLOADS_PER_MINUTE):
                assert session.feed(say(1), at) == [ACK]

    def test_stands_still_after_the_end(self) -> None:
        session = in_state(State.CLOSING)
        assert session.tick(1e9) == []
        assert session.refused(1e9) == []
        assert session.end(Close.RATE_LIMITED) == []
        session.ready()
        session.resumed()
        assert session.state is State.CLOSING
