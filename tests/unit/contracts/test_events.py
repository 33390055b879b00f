"""Events: declared once, carried as a header the edge reads and a body it does not."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import topics
from contracts.events import REGISTRY, Event, Route, open_as, pack, unpack
from contracts.events.base import BETWEEN, id_of, name_of
from contracts.events.channel import ChannelUpdate
from contracts.events.guild import GuildJoined, GuildLeft, GuildUpdate
from contracts.events.invite import InviteCreate
from contracts.events.member import MemberAdd, MemberRemove
from contracts.events.message import MessageCreate
from contracts.events.place import NoAddress
from contracts.events.presence import PresenceUpdate
from contracts.events.private import PrivateChannelCreate, RecipientAdd
from contracts.events.reaction import ReactionRemoveAll
from contracts.events.reading import MessageAck
from contracts.events.role import RoleCreate, RoleDelete
from contracts.events.session import LoginEnded
from contracts.events.typing import TypingStart
from contracts.events.user import UserDeleted, UserUpdate
from contracts.objects.channel import ChannelType
from contracts.objects.presence import PresenceUser, Status
from contracts.objects.role import Role
from contracts.objects.user import CurrentUser, User

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ALICE = User(id=42, username="alice")
ROLE = Role(id=5, name="mods")

SAMPLES: dict[str, tuple[Event, str, Route]] = {
    "ChannelUpdate": (
        ChannelUpdate(id=3, type=ChannelType.TEXT, guild_id=1, name="x"),
        "guild:1",
        Route(guild_id=1, channel_id=3),
    ),
    "GuildUpdate": (GuildUpdate(id=1, name="g", owner_id=42), "guild:1", Route(guild_id=1)),
    "GuildJoined": (
        GuildJoined(user_id=42, guild_id=1),
        "user:42",
        Route(guild_id=1, user_id=42),
    ),
    "GuildLeft": (GuildLeft(id=1, user_id=42), "user:42", Route(guild_id=1, user_id=42)),
    "InviteCreate": (
        InviteCreate(guild_id=1, channel_id=3, code="c", created_at=AT, max_age=0, max_uses=0),
        "guild:1",
        Route(guild_id=1, channel_id=3),
    ),
    "MemberAdd": (
        MemberAdd(guild_id=1, user=ALICE, joined_at=AT),
        "guild:1",
        Route(guild_id=1, user_id=42),
    ),
    "MemberRemove": (
        MemberRemove(guild_id=1, user=ALICE),
        "guild:1",
        Route(guild_id=1, user_id=42),
    ),
    "MessageCreate": (
        MessageCreate(
            id=9,
            channel_id=3,
            guild_id=1,
            author=ALICE,
            content="hi",
            timestamp=AT,
            mentions=(ALICE,),
        ),
        "guild:1",
        Route(guild_id=1, channel_id=3, author_id=42, mentions=(42,)),
    ),
    "MessageAck": (
        MessageAck(user_id=42, channel_id=3, message_id=9),
        "user:42",
        Route(channel_id=3, user_id=42),
    ),
    "ReactionRemoveAll": (
        ReactionRemoveAll(channel_id=3, guild_id=1, message_id=9),
        "guild:1",
        Route(guild_id=1, channel_id=3),
    ),
    "TypingStart": (
        TypingStart(channel_id=3, guild_id=1, user_id=42, timestamp=5),
        "guild:1",
        Route(guild_id=1, channel_id=3, user_id=42),
    ),
    "PresenceUpdate": (
        PresenceUpdate(user=PresenceUser(id=42), guild_id=1, status=Status.IDLE),
        "guild:1",
        Route(guild_id=1, user_id=42),
    ),
    "RoleCreate": (RoleCreate(guild_id=1, role=ROLE), "guild:1", Route(guild_id=1)),
    "RoleDelete": (RoleDelete(guild_id=1, role_id=5), "guild:1", Route(guild_id=1)),
    "LoginEnded": (LoginEnded(user_id=42), "identity", Route(user_id=42)),
    "UserDeleted": (UserDeleted(user_id=42), "identity", Route(user_id=42)),
    "UserUpdate": (
        UserUpdate(id=42, username="alice", email=None),
        "user:42",
        Route(user_id=42),
    ),
}
"""Each kind of address and route. Kinds that share both with another are not repeated."""


@pytest.mark.parametrize("name", SAMPLES)
def test_an_event_knows_its_topic_and_route(name: str) -> None:
    event, topic, route = SAMPLES[name]
    assert event.address() == topic
    assert event.route() == route


@pytest.mark.parametrize("name", SAMPLES)
def test_a_record_opens_to_what_was_packed(name: str) -> None:
    event, _, route = SAMPLES[name]
    header, body = unpack(event.record(77, "trace"))
    assert (header.event_id, header.name, header.trace) == (77, name, "trace")
    assert header.route == route
    assert orjson.loads(body) == event.dump()
    assert open_as(type(event), body).dump() == event.dump()


def test_what_happens_in_private_has_no_address_of_its_own() -> None:
    private = SAMPLES["MessageCreate"][0].model_copy(update={"guild_id": None})
    with pytest.raises(NoAddress, match="MessageCreate"):
        private.address()
    channel = PrivateChannelCreate(id=3, type=ChannelType.DM)
    assert channel.route() == Route(channel_id=3)
    assert "owner_id" not in channel.dump()
    person = RecipientAdd(channel_id=3, user=ALICE)
    assert person.route() == Route(channel_id=3, user_id=42)
    for event in (channel, person):
        with pytest.raises(NoAddress):
            event.address()


def test_a_presence_goes_to_the_guild_or_to_the_person() -> None:
    alone = PresenceUpdate(user=PresenceUser(id=42), status=Status.IDLE)
    assert alone.address() == topics.user(42)


def test_what_services_keep_copies_of_is_told_to_them_too() -> None:
    fact, message = SAMPLES["RoleDelete"][0], SAMPLES["MessageCreate"][0]
    assert fact.addresses() == (topics.facts(1), topics.guild(1))
    assert message.addresses() == (topics.guild(1),)


def test_a_record_is_a_line_and_a_body() -> None:
    record = pack("X", Route(), b'{"a":"\\n"}', event_id=1, trace="")
    assert record == b'{"i":1,"e":"X"}\n{"a":"\\n"}'
    assert unpack(record)[0].route == Route()


def test_absent_fields_are_left_out_where_a_null_would_hurt() -> None:
    data = SAMPLES["MessageCreate"][0].dump()
    assert not {"member", "nonce", "referenced_message"} & data.keys()
    assert data["edited_timestamp"] is None
    assert data["timestamp"] == "2026-01-02T03:04:05.000000+00:00"


def test_a_null_that_says_something_is_kept_where_it_was_given() -> None:
    gone = SAMPLES["MessageCreate"][0].model_dump() | {"referenced_message": None}
    assert MessageCreate.model_validate(gone).dump()["referenced_message"] is None


def test_the_registry_holds_every_event_under_its_name() -> None:
    assert REGISTRY.keys() >= SAMPLES.keys()
    assert all(kind.__name__ == name for name, kind in REGISTRY.items())


def test_the_same_name_can_not_be_declared_twice() -> None:
    with pytest.raises(TypeError, match="declared twice"):
        type("MemberAdd", (Event,), {})


def test_an_event_says_where_it_goes() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Event()  # type: ignore[abstract]


FOR_SOME_ONLY = frozenset(
    {
        *("ThreadShown", "ThreadHidden", "InteractionBegun"),
        *("Whispered", "WhisperChanged", "WhisperGone"),
    }
)
"""Told to one person, by the name of what everybody is told."""


def test_every_dispatch_is_told_by_one_event_or_by_its_private_twin() -> None:
    told = [
        kind.dispatch
        for name, kind in REGISTRY.items()
        if kind.dispatch is not None and not name.startswith("PrivateChannel")
        if name not in FOR_SOME_ONLY
    ]
    assert len(told) == len(set(told))


def test_a_member_has_a_face_and_a_current_user_a_public_part() -> None:
    member = SAMPLES["MemberAdd"][0]
    assert isinstance(member, MemberAdd)
    assert member.face().dump().keys() == member.dump().keys() - {"user", "guild_id"}
    own = CurrentUser(id=42, username="alice", email="a@example.org")
    assert own.public() == ALICE


def test_name_and_id_of_a_record_are_read_without_parsing_it() -> None:
    record = pack("MessageCreate", Route(guild_id=1), b'{"e":"x"}', event_id=7, trace='"e":"')
    assert name_of(record) == "MessageCreate" == unpack(record)[0].name
    assert id_of(record) == b"7"


@given(texts=st.lists(st.text(), min_size=1))
def test_whatever_records_say_a_bundle_of_them_comes_apart_again(texts: list[str]) -> None:
    said = [
        pack("Said", Route(), orjson.dumps({"content": text}), event_id=n, trace="")
        for n, text in enumerate(texts)
    ]
    assert BETWEEN.join(said).split(BETWEEN) == said
