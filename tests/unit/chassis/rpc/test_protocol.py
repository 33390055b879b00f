"""The conversation on a link: every way to cut it, every way to lie, every way to be slow."""

from __future__ import annotations

import hashlib
import hmac

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.rpc.frames import (
    Answered,
    Asked,
    Failed,
    Frame,
    Opened,
    Origin,
    Refusal,
    Refused,
    Told,
    answer_line,
    call_line,
    cast_line,
    failure_line,
)
from chassis.rpc.protocol import (
    DEAD_AFTER_S,
    HELLO_BYTES,
    OPEN_WITHIN_S,
    PING_EVERY_S,
    VERSION,
    Callee,
    Caller,
    Conversation,
    Pair,
)
from contracts.limits import RPC_LINE_BYTES

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
CALLER_NONCE, CALLEE_NONCE = "c" * 64, "e" * 64
KEYS = {"chat>user": KEY}
CALL = call_line(7, "user.GetUsers", {"user_ids": ["1"]}, due_ms=900, origin=Origin("trace", "5"))
CAST = cast_line("user.Note", {"n": 1}, trace="trace")
_WORDS = st.sampled_from(
    ["id", "call", "cast", "trace", "by", "due_ms", "body", "error", "ping", "pong", "refused"]
)


def caller(key: bytes = KEY, service: str = "chat", to: str = "user", **over: str) -> Caller:
    nonce = over.get("nonce", CALLER_NONCE)
    return Caller(Pair(service, to, key), over.get("instance", "chat-1"), nonce=nonce, now=0.0)


def callee(nonce: str = CALLEE_NONCE) -> Callee:
    return Callee("user", KEYS, nonce=nonce, now=0.0)


def greet(calling: Caller, called: Callee) -> tuple[list[Frame], list[Frame]]:
    """Let both speak until neither has anything to say: what the caller and the callee heard."""
    to_caller: list[Frame] = []
    to_callee: list[Frame] = []
    while calling.unsent or called.unsent:
        to_caller += calling.feed(called.take(), 0.0)
        to_callee += called.feed(calling.take(), 0.0)
    return to_caller, to_callee


def opened() -> tuple[Caller, Callee]:
    pair = caller(), callee()
    greet(*pair)
    return pair


def hello(**over: object) -> bytes:
    """A hello that is right but for what is overridden; the proof fits what is said."""
    said: dict[str, object] = {
        "version": VERSION,
        "service": "chat",
        "to": "user",
        "instance": "chat-1",
        "nonce": CALLER_NONCE,
    }
    proof = Pair("chat", "user", KEY).proof("caller", "chat-1", CALLER_NONCE, CALLEE_NONCE)
    return orjson.dumps({"hello": {**said, "proof": proof, **over}}) + b"\n"


def refusal_of(end: Conversation, data: bytes) -> Refusal | None:
    heard = end.feed(data, 0.0)
    assert heard == ([Refused(end.refusal)] if end.refusal else [])
    return end.refusal


class TestGreeting:
    def test_both_ends_open_once_both_have_proven_themselves(self) -> None:
        calling, called = caller(), callee()
        assert greet(calling, called) == ([Opened("user", "")], [Opened("chat", "chat-1")])
        assert calling.is_open
        assert called.is_open

    def test_the_caller_sends_one_short_line_before_it_is_believed(self) -> None:
        calling, called = caller(), callee()
        calling.feed(called.take(), 0.0)
        said = calling.take()
        assert said.count(b"\n") == 1
        assert len(said) <= HELLO_BYTES

    def test_the_proof_is_an_hmac_over_names_and_both_nonces(self) -> None:
        said = orjson.dumps([1, "caller", "a", "b", "a-1", "x", "y"])
        expected = hmac.new(KEY, said, hashlib.sha256).hexdigest()
        assert Pair("a", "b", KEY).proof("caller", "a-1", "x", "y") == expected

    def test_a_pair_never_shows_its_key(self) -> None:
        assert "kkk" not in repr(Pair("a", "b", KEY))

    @pytest.mark.parametrize(
        ("line", "why"),
        [
            (hello(), None),
            (hello(proof="0" * 64), Refusal.NOT_PROVEN),
            (hello(proof=None), Refusal.NOT_PROVEN),
            (hello(proof="ø"), Refusal.NOT_PROVEN),
            (hello(instance="chat-2"), Refusal.NOT_PROVEN),
            (hello(service="gateway"), Refusal.NOT_PROVEN),
            (hello(nonce="d" * 64), Refusal.NOT_PROVEN),
            (hello(to="media"), Refusal.WRONG_SERVICE),
            (hello(version=2), Refusal.WRONG_VERSION),
            (hello(nonce="short"), Refusal.MALFORMED),
            (hello(nonce=None), Refusal.MALFORMED),
            (hello(instance=""), Refusal.MALFORMED),
            (hello(instance="x" * 200), Refusal.MALFORMED),
            (hello(service=7), Refusal.MALFORMED),
            (b'{"hello":[]}\n', Refusal.MALFORMED),
            (b'{"hello":{}\n', Refusal.NOT_JSON),
            (b"GET / HTTP/1.1\r\n", Refusal.NOT_HELLO),
            (b"\n", Refusal.NOT_HELLO),
            (b'{"challenge":{}}\n', Refusal.NOT_HELLO),
            (b'{"refused":"NOT_PROVEN"}\n', Refusal.REFUSED),
            (CALL, Refusal.NOT_HELLO),
        ],
    )
    def test_a_callee_opens_for_the_right_hello_only(
        self, line: bytes, why: Refusal | None
    ) -> None:
        called = callee()
        heard = called.feed(line, 0.0)
        assert called.refusal is why
        assert heard == [Opened("chat", "chat-1") if why is None else Refused(why)]

    def test_a_caller_without_a_key_is_refused_like_one_with_a_wrong_key(self) -> None:
        unknown = Pair("ghost", "user", b"").proof("caller", "g", CALLER_NONCE, CALLEE_NONCE)
        line = hello(service="ghost", instance="g", proof=unknown)
        strange, wrong = callee(), callee()
        strange.feed(line, 0.0)
        wrong.feed(hello(proof="0" * 64), 0.0)
        assert strange.take() == wrong.take()
        assert strange.refusal is Refusal.NOT_PROVEN

    @pytest.mark.parametrize(
        ("line", "why"),
        [
            (b'{"challenge":7}\n', Refusal.MALFORMED),
            (b'{"challenge":{"version":1}}\n', Refusal.MALFORMED),
            (b'{"challenge":{"version":2,"nonce":"%s"}}\n' % (b"e" * 64), Refusal.WRONG_VERSION),
            (b'{"welcome":{}}\n', Refusal.NOT_HELLO),
            (b'{"id":1,"body":{}}\n', Refusal.NOT_HELLO),
        ],
    )
    def test_a_caller_takes_only_a_challenge_first(self, line: bytes, why: Refusal) -> None:
        assert refusal_of(caller(), line) is why

    @pytest.mark.parametrize("welcome", [b"7", b"{}", b'{"proof":null}', b'{"proof":"00"}'])
    def test_a_callee_that_can_not_prove_itself_is_not_asked(self, welcome: bytes) -> None:
        calling = caller()
        calling.feed(callee().take(), 0.0)
        assert refusal_of(calling, b'{"welcome":' + welcome + b"}\n") is Refusal.NOT_PROVEN

    def test_a_callee_with_another_key_refuses_and_is_refused(self) -> None:
        calling, called = caller(OTHER_KEY), callee()
        assert greet(calling, called) == (
            [Refused(Refusal.REFUSED)],
            [Refused(Refusal.NOT_PROVEN)],
        )

    def test_a_proof_is_worth_nothing_in_another_conversation(self) -> None:
        calling, called = caller(), callee()
        calling.feed(called.take(), 0.0)
        replayed = calling.take()
        assert refusal_of(callee(nonce="f" * 64), replayed) is Refusal.NOT_PROVEN

    def test_a_proof_that_is_mirrored_proves_nothing(self) -> None:
        calling = caller()
        calling.feed(callee().take(), 0.0)
        proof = orjson.loads(calling.take())["hello"]["proof"]
        mirrored = orjson.dumps({"welcome": {"proof": proof}}) + b"\n"
        assert refusal_of(calling, mirrored) is Refusal.NOT_PROVEN

    def test_nothing_after_a_wrong_hello_is_heard(self) -> None:
        called = callee()
        assert called.feed(hello(proof="0" * 64) + CALL, 0.0) == [Refused(Refusal.NOT_PROVEN)]
        assert called.feed(CALL + hello(), 0.0) == []
        assert orjson.loads(called.take().splitlines()[-1]) == {"refused": "NOT_PROVEN"}

    def test_a_call_right_behind_the_hello_is_heard(self) -> None:
        assert [type(frame) for frame in callee().feed(hello() + CALL, 0.0)] == [Opened, Asked]

    @pytest.mark.parametrize("end", ["", "\n"])
    def test_a_line_above_four_kibibytes_is_refused_before_the_hello(self, end: str) -> None:
        line = b'{"hello":"' + b"x" * HELLO_BYTES + end.encode()
        assert refusal_of(callee(), line) is Refusal.TOO_LONG


class TestFrames:
    @pytest.mark.parametrize(
        ("line", "frame"),
        [
            (CALL, Asked(7, "user.GetUsers", "trace", "5", 900, {"user_ids": ["1"]})),
            (CAST, Told("user.Note", "trace", {"n": 1})),
        ],
    )
    def test_a_callee_hears_calls_and_casts(self, line: bytes, frame: Frame) -> None:
        _, called = opened()
        assert called.feed(line, 0.0) == [frame]

    @pytest.mark.parametrize(
        ("line", "frame"),
        [
            (answer_line(7, {"ok": True}), Answered(7, {"ok": True})),
            (failure_line(7, {"name": "GENERAL"}), Failed(7, {"name": "GENERAL"})),
        ],
    )
    def test_a_caller_hears_answers_and_failures(self, line: bytes, frame: Frame) -> None:
        calling, _ = opened()
        assert calling.feed(line, 0.0) == [frame]

    def test_many_lines_in_one_piece_are_heard_in_order(self) -> None:
        _, called = opened()
        heard = called.feed(CAST + CALL + CAST, 0.0)
        assert [type(frame) for frame in heard] == [Told, Asked, Told]

    @pytest.mark.parametrize(
        ("line", "why"),
        [
            (b"not json\n", Refusal.NOT_JSON),
            (b"\xff\xfe\n", Refusal.NOT_JSON),
            (b"[1]\n", Refusal.NOT_JSON),
            (b"\n", Refusal.NOT_JSON),
            (b"[" * 5000 + b"\n", Refusal.NOT_JSON),
            (b"{}\n", Refusal.UNEXPECTED),
            (b'{"id":1,"body":{}}\n', Refusal.UNEXPECTED),
            (b'{"refused":"SILENT"}\n', Refusal.REFUSED),
            (b'{"call":7}\n', Refusal.MALFORMED),
            (CALL.replace(b'"id":7', b'"id":"7"'), Refusal.MALFORMED),
            (CALL.replace(b'"id":7', b'"id":true'), Refusal.MALFORMED),
            (CALL.replace(b"900", b"0.5"), Refusal.MALFORMED),
            (CALL.replace(b'{"user_ids":["1"]}', b"[]"), Refusal.MALFORMED),
            (CALL.replace(b'"trace":"trace"', b'"trace":null'), Refusal.MALFORMED),
            (CALL.replace(b'"by":"5"', b'"by":5'), Refusal.MALFORMED),
            (b'{"cast":"user.Note","body":{}}\n', Refusal.MALFORMED),
            (b'{"cast":"user.Note","trace":"","body":7}\n', Refusal.MALFORMED),
            (b"x" * RPC_LINE_BYTES, Refusal.TOO_LONG),
            (b"x" * RPC_LINE_BYTES + b"\n", Refusal.TOO_LONG),
        ],
    )
    def test_a_callee_refuses_what_it_does_not_understand(self, line: bytes, why: Refusal) -> None:
        _, called = opened()
        assert refusal_of(called, line) is why
        assert not called.is_open

    @pytest.mark.parametrize(
        ("line", "why"),
        [
            (CALL.replace(b'"id":7,', b""), Refusal.UNEXPECTED),
            (CAST, Refusal.UNEXPECTED),
            (b'{"ping":1}\n', Refusal.UNEXPECTED),
            (b'{"id":"1","body":{}}\n', Refusal.UNEXPECTED),
            (b'{"id":1}\n', Refusal.MALFORMED),
            (b'{"id":1,"error":"no"}\n', Refusal.MALFORMED),
        ],
    )
    def test_a_caller_refuses_what_it_does_not_understand(self, line: bytes, why: Refusal) -> None:
        calling, _ = opened()
        assert refusal_of(calling, line) is why

    def test_the_longest_line_that_may_be_said_is_heard(self) -> None:
        _, called = opened()
        room = RPC_LINE_BYTES - len(cast_line("c", {"t": ""}))
        (heard,) = called.feed(cast_line("c", {"t": "x" * room}), 0.0)
        assert isinstance(heard, Told)


class TestCuts:
    def test_a_conversation_is_the_same_wherever_it_is_cut(self) -> None:
        said = hello() + CALL + CAST + b'{"ping":1}\n' + CALL
        whole = callee().feed(said, 0.0)
        for cut in range(len(said) + 1):
            called = callee()
            assert called.feed(said[:cut], 0.0) + called.feed(said[cut:], 0.0) == whole

    def test_a_conversation_may_come_byte_by_byte(self) -> None:
        said = hello() + CALL + CAST
        called = callee()
        heard = [frame for byte in said for frame in called.feed(bytes([byte]), 0.0)]
        assert heard == callee().feed(said, 0.0)

    def test_answers_are_the_same_wherever_they_are_cut(self) -> None:
        welcome = Pair("chat", "user", KEY).proof("callee", "chat-1", CALLER_NONCE, CALLEE_NONCE)
        said = callee().take() + orjson.dumps({"welcome": {"proof": welcome}}) + b"\n"
        said += answer_line(1, {"a": 1}) + b'{"pong":1}\n' + failure_line(2, {"name": "x"})
        whole = caller().feed(said, 0.0)
        assert [type(frame) for frame in whole] == [Opened, Answered, Failed]
        for cut in range(len(said) + 1):
            calling = caller()
            assert calling.feed(said[:cut], 0.0) + calling.feed(said[cut:], 0.0) == whole


class TestTime:
    def test_a_greeting_that_takes_too_long_is_cut(self) -> None:
        called = callee()
        assert called.tick(OPEN_WITHIN_S - 0.1) == []
        called.feed(b"{", OPEN_WITHIN_S - 0.1)
        assert called.tick(OPEN_WITHIN_S) == [Refused(Refusal.TOO_SLOW)]
        assert called.tick(OPEN_WITHIN_S + 99) == []

    def test_a_silent_link_is_dead(self) -> None:
        calling, called = opened()
        for end in (calling, called):
            assert end.tick(DEAD_AFTER_S - 0.1) == []
            assert end.tick(DEAD_AFTER_S) == [Refused(Refusal.SILENT)]

    def test_pings_keep_an_idle_link_alive(self) -> None:
        calling, called = opened()
        now = 0.0
        for _ in range(20):
            now += PING_EVERY_S
            assert calling.tick(now) == []
            assert called.tick(now) == []
            assert called.feed(calling.take(), now) == []
            assert calling.feed(called.take(), now) == []
        assert calling.is_open
        assert called.is_open

    def test_no_ping_is_sent_early_or_before_the_link_is_open(self) -> None:
        early, (calling, _) = caller(), opened()
        early.tick(OPEN_WITHIN_S - 0.1)
        calling.tick(PING_EVERY_S - 0.1)
        assert early.take() + calling.take() == b""


class TestAnything:
    @settings(deadline=None)
    @given(st.lists(st.binary(max_size=200), max_size=20), st.booleans())
    def test_no_bytes_raise_at_a_callee(self, pieces: list[bytes], is_open: bool) -> None:
        called = opened()[1] if is_open else callee()
        for piece in pieces:
            called.feed(piece + b"\n", 0.0)

    @settings(deadline=None)
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.text(max_size=5),
            lambda some: st.lists(some, max_size=3) | st.dictionaries(_WORDS, some, max_size=4),
            max_leaves=20,
        )
    )
    def test_no_json_raises_at_either_end(self, value: object) -> None:
        line = orjson.dumps(value) + b"\n"
        for end in (*opened(), caller(), callee()):
            end.feed(line, 0.0)
            assert end.feed(b"{}\n", 0.0) == [] or end.refusal is not None

    @settings(deadline=None)
    @given(st.dictionaries(st.sampled_from(["version", "nonce", "to", "service"]), st.text()))
    def test_no_hello_opens_without_the_key(self, over: dict[str, str]) -> None:
        called = callee()
        called.feed(hello(**{**over, "proof": "0" * 64}), 0.0)
        assert not called.is_open
