"""What a SEND asks for."""

from __future__ import annotations

import pytest

from gateway.live.payloads import BadPayload
from gateway.stomp.destinations import Deed, Verb
from gateway.stomp.requests import Request, asked, form


@pytest.mark.parametrize(
    ("verb", "body", "request_"),
    [
        (Verb.SAY, b'{"content":"hi"}', (b"POST", b"messages", b'{"content":"hi"}')),
        (Verb.TYPE, b"anything", (b"POST", b"typing", b"")),
        (Verb.ACK, b'{"message_id":"7"}', (b"POST", b"messages/7/ack", b"{}")),
        (Verb.DELETE, b'{"message_id":7}', (b"DELETE", b"messages/7", b"")),
        (
            Verb.EDIT,
            b'{"message_id":"7","content":"ho"}',
            (b"PATCH", b"messages/7", b'{"content":"ho"}'),
        ),
    ],
)
def test_it_is_the_request_that_says_the_same(verb: Verb, body: bytes, request_: Request) -> None:
    method, path, said = request_
    assert asked(Deed(verb, 5), body) == (method, b"/api/v10/channels/5/" + path, said)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"message_id":null}', b'{"message_id":"-7"}', b'{"message_id":"7/../9"}'],
)
@pytest.mark.parametrize("verb", [Verb.ACK, Verb.EDIT, Verb.DELETE])
def test_a_body_that_names_no_message_is_refused(verb: Verb, body: bytes) -> None:
    with pytest.raises(BadPayload):
        asked(Deed(verb, 5), body)


def test_what_is_no_object_says_nothing_of_oneself() -> None:
    assert form(b'{"focus":"5"}') == {"focus": "5"}
    with pytest.raises(BadPayload):
        form(b"7")
