"""What may be said when by STOMP, and what comes of it."""

from __future__ import annotations

import pytest

from gateway.stomp.destinations import Deed, Kind, Target, Verb, sent, subscribed
from gateway.stomp.frames import BODY_BYTES, Frame
from gateway.stomp.session import (
    ALIKE,
    BEAT_S,
    CONNECT_WITHIN_S,
    FRAMES_PER_MINUTE,
    HELD_BYTES,
    SUBSCRIPTIONS,
    Effect,
    End,
    Enter,
    Leave,
    Perform,
    Receipt,
    Session,
    State,
    Subscribe,
    Unsubscribe,
)

ROOM = Target(Kind.CHANNEL, 5)
SAY = Deed(Verb.SAY, 5)


def connected(**headers: str) -> Session:
    session = Session(0.0)
    (effect,) = say(session, "CONNECT", passcode="t", **{"accept_version": "1.2"} | headers)
    assert isinstance(effect, Enter)
    session.entered()
    return session


def say(session: Session, command: str, at: float = 1.0, **headers: str) -> list[Effect]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    session.heard(at)
    return session.feed(Frame(command, named), at)


def ended(effects: list[Effect]) -> str:
    (effect,) = effects
    assert isinstance(effect, End)
    return effect.reason


@pytest.mark.parametrize(
    ("offered", "chosen"), [("1.0,1.1,1.2", "1.2"), ("1.1", "1.1"), ("1.0", "1.0")]
)
def test_the_highest_common_version_is_spoken(offered: str, chosen: str) -> None:
    (effect,) = say(Session(0.0), "STOMP", accept_version=offered, passcode="t")
    assert effect == Enter("t", chosen, "web")


def test_who_does_not_greet_well_is_not_let_in() -> None:
    for headers in ({"accept_version": "2.0", "passcode": "t"}, {"accept_version": "1.2"}):
        assert ended(say(Session(0.0), "CONNECT", **headers))
    beats = {"accept_version": "1.2", "passcode": "t", "heart_beat": "1,x"}
    assert ended(say(Session(0.0), "CONNECT", **beats))
    assert ended(say(Session(0.0), "SEND", destination="/app/channels.5.messages"))
    session = Session(0.0)
    assert session.tick(CONNECT_WITHIN_S - 1) == []
    assert ended(session.tick(CONNECT_WITHIN_S))


def test_subscriptions_have_names_of_their_own_and_end() -> None:
    session = connected()
    wanted = {"id": "0", "destination": "/topic/channels.5"}
    assert say(session, "SUBSCRIBE", receipt="r", **wanted) == [Subscribe("0", ROOM, "r")]
    gone = say(session, "UNSUBSCRIBE", id="0", receipt="u")
    assert gone == [Unsubscribe("0"), Receipt("u")]
    say(session, "SUBSCRIBE", **wanted)
    assert session.drop(ROOM) == ["0"]
    assert say(session, "UNSUBSCRIBE", id="0") == [Unsubscribe("0")]
    say(session, "SUBSCRIBE", **wanted)
    assert ended(say(session, "SUBSCRIBE", **wanted))
    assert ended(say(connected(), "SUBSCRIBE", destination="/topic/channels.5"))
    assert ended(say(connected(), "SUBSCRIBE", id="0", destination="/queue/nothing"))


def test_a_transaction_is_done_as_a_whole_or_not_at_all() -> None:
    session, to = connected(), "/app/channels.5.messages"
    assert say(session, "BEGIN", transaction="a") == []
    assert say(session, "SEND", destination=to, transaction="a") == []
    done = say(session, "COMMIT", transaction="a", receipt="r")
    assert done == [Perform(SAY, b"", None), Receipt("r")]
    say(session, "BEGIN", transaction="b")
    say(session, "SEND", destination=to, transaction="b")
    assert say(session, "ABORT", transaction="b") == []
    assert ended(say(session, "COMMIT", transaction="b"))


def test_silence_ends_a_session_that_promised_to_beat() -> None:
    session = connected(heart_beat="10000,60000")
    assert session.beats_every == 60
    due = session.deadline()
    assert due == 1.0 + 2 * BEAT_S
    session.heard(20.0)
    assert session.tick(due) == []
    assert ended(session.tick(20.0 + 2 * BEAT_S))
    quiet = connected(heart_beat="0,0")
    assert (quiet.deadline(), quiet.beats_every) == (None, 0)


def test_a_thousand_subscriptions_are_kept_but_few_to_the_same() -> None:
    """Each to the same would get every event of it once more."""
    session = connected()
    for number in range(SUBSCRIPTIONS):
        named = {"id": str(number), "destination": f"/topic/channels.{number // ALIKE}"}
        (effect,) = say(session, "SUBSCRIBE", **named)
        assert isinstance(effect, Subscribe)
    assert ended(say(session, "SUBSCRIBE", id="x", destination="/topic/channels.1000"))
    other = connected()
    for number in range(ALIKE + 1):
        say(other, "SUBSCRIBE", id=str(number), destination="/topic/channels.5")
        if number < ALIKE - 1:
            say(other, "UNSUBSCRIBE", id=str(number))
    assert other.state is State.LIVE
    for number in range(ALIKE - 2):
        say(other, "SUBSCRIBE", id=f"more-{number}", destination="/topic/channels.5")
    assert ended(say(other, "SUBSCRIBE", id="last", destination="/topic/channels.5"))


def test_transactions_hold_no_more_than_a_session_may() -> None:
    session = connected()
    for name in ("a", "b"):
        say(session, "BEGIN", transaction=name)
    body = bytes(BODY_BYTES)
    for number in range(HELD_BYTES // BODY_BYTES):
        headers = {"destination": "/app/channels.5.messages", "transaction": "ab"[number % 2]}
        assert session.feed(Frame("SEND", headers, body), 1.0) == []
    assert ended(session.feed(Frame("SEND", headers, b"x"), 1.0))


def test_a_flood_ends_a_session_and_goodbye_is_the_last_word() -> None:
    session = connected()
    for _ in range(FRAMES_PER_MINUTE - 1):
        assert say(session, "ACK", id="1") == []
    assert ended(say(session, "ACK", id="1"))
    assert say(session, "ACK", id="1") == []
    other = connected()
    assert say(other, "DISCONNECT", receipt="bye") == [Receipt("bye"), Leave()]
    assert other.state is State.CLOSING


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("/topic/channels.5", ROOM),
        ("/topic/guilds.7", Target(Kind.GUILD, 7)),
        ("/user/queue/events", Target(Kind.EVENTS)),
        ("/topic/channels.99999999999999999999", None),
        ("/topic/channels.-5", None),
        ("/topic/channels.5.messages", None),
        ("/topic/channels.５", None),
    ],
)
def test_destinations_are_what_they_say_or_nothing(text: str, target: Target | None) -> None:
    assert subscribed(text) == target
    assert target is None or target.destination == text


def test_what_is_sent_names_a_channel_and_a_deed() -> None:
    assert sent("/app/channels.5.messages") == SAY
    assert sent("/app/channels.5.ack") == Deed(Verb.ACK, 5)
    assert sent("/app/channels.5.delete") == Deed(Verb.DELETE, 5)
    assert sent("/app/presence") == Deed(Verb.SHOW)
    assert sent("/app/channels.5.pin") is None
    assert sent("/topic/channels.5") is None
