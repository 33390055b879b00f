"""The bytes of the hot path are those that the declared models would dump."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest

from chat_service import views
from contracts.events.message import MessageCreate
from contracts.ids import ChannelId, GuildId, MessageId, RoleId, UserId
from contracts.objects.member import Member
from contracts.objects.message import Message
from contracts.objects.user import User

AT = datetime(2026, 11, 21, 5, 0, 0, 1, UTC)
MINA = User(id=UserId(9), username="mina", global_name="미나")
MEMBER = Member(user=MINA, joined_at=AT, roles=(RoleId(4),), nick="M")

SAID = [
    views.Said("hello"),
    views.Said('quotes " and \\ and\nlines', nonce="abc"),
    views.Said("하나 <@9>", nonce=12, flags=4, mentions=(MINA,), mention_roles=(4,)),
    views.Said("@everyone", mention_everyone=True),
]


def _model(said: views.Said) -> dict[str, object]:
    return {
        "id": MessageId(5),
        "channel_id": ChannelId(7),
        "author": MINA,
        "content": said.content,
        "timestamp": AT,
        "flags": said.flags,
        "nonce": said.nonce,
        "mention_everyone": said.mention_everyone,
        "mentions": said.mentions,
        "mention_roles": tuple(RoleId(role) for role in said.mention_roles),
    }


@pytest.mark.parametrize("said", SAID, ids=lambda said: said.content)
def test_a_rest_answer_equals_the_declared_message(said: views.Said) -> None:
    speaker = views.Speaker.of(MEMBER)
    body = views.OPENING + b"5" + views.after_id(7, speaker.author, said, AT) + b"}"
    assert orjson.loads(body) == Message.model_validate(_model(said)).dump()


@pytest.mark.parametrize("said", SAID, ids=lambda said: said.content)
def test_an_event_equals_the_declared_event(said: views.Said) -> None:
    speaker = views.Speaker.of(MEMBER)
    rest = views.after_id(7, speaker.author, said, AT) + views.in_guild(3, speaker.face)
    declared = MessageCreate.model_validate(
        _model(said) | {"guild_id": GuildId(3), "member": MEMBER.face()}
    )
    assert orjson.loads(views.OPENING + b"5" + rest + b"}") == declared.dump()
