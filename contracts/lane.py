"""A lane: one connection on which the edge asks many brief things of a service at once.

It begins as a request on the service's HTTP port. From then on a question is one line and a body,
and so is an answer; its turn says which question it answers. So one read and one write carry many
of them, none waits for a slow one before it, and none can be taken for another's.

    question: turn method path identity request-id size LF body
    answer:   turn status size-of-lines size LF lines body

`lines` are header lines that the client gets, the body is JSON. An answer to turn 0 is a farewell:
whoever asks takes new questions elsewhere, and hangs up when the last one is answered.
"""

from __future__ import annotations

from typing import NamedTuple

OPENING = b"GET /lane HTTP/1.1\r\nhost: lane\r\nconnection: upgrade\r\nupgrade: moim-lane\r\n\r\n"
ACCEPTED = b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: moim-lane\r\n\r\n"
FAREWELL = b"0 0 0 0\n"
NO_TURN = b"0"

QUESTION_BYTES = 16 << 10
"""A larger body takes the long way."""
_LINE_BYTES = 1 << 10


class Question(NamedTuple):
    """One request."""

    turn: bytes
    method: bytes
    path: bytes
    identity: bytes
    request_id: bytes
    body: bytes


class Answer(NamedTuple):
    """What came of it."""

    turn: bytes
    status: int
    lines: bytes
    body: bytes


def ask(question: Question) -> bytes:
    """A question as bytes. No part but the body holds a blank or a control character."""
    turn, method, path, identity, request_id, body = question
    head = (turn, method, path, identity, request_id, len(body), body)
    return b"%b %b %b %b %b %d\n%b" % head


def reply(turn: bytes, status: int, lines: bytes, body: bytes) -> bytes:
    """An answer as bytes."""
    return b"%b %d %d %d\n%b%b" % (turn, status, len(lines), len(body), lines, body)


def questions(data: bytes) -> tuple[list[Question], bytes]:
    """Every whole question, and what is left; ValueError for what is none."""
    found = []
    at = 0
    while (end := data.find(b"\n", at)) >= 0:
        turn, method, path, identity, request_id, size = data[at:end].split(b" ")
        stop = end + 1 + int(size)
        if stop > len(data):
            break
        if stop <= end:
            raise ValueError("a size is a number")
        found.append(Question(turn, method, path, identity, request_id, data[end + 1 : stop]))
        at = stop
    if len(data) - at > QUESTION_BYTES + _LINE_BYTES:
        raise ValueError("a question without an end")
    return found, data[at:]


def answers(data: bytes) -> tuple[list[Answer], bytes]:
    """Every whole answer, and what is left; ValueError for what is none."""
    found = []
    at = 0
    while (end := data.find(b"\n", at)) >= 0:
        turn, status, lines, size = data[at:end].split(b" ")
        body = end + 1 + int(lines)
        stop = body + int(size)
        if stop > len(data):
            break
        if not end < body <= stop:
            raise ValueError("a size is a number")
        found.append(Answer(turn, int(status), data[end + 1 : body], data[body:stop]))
        at = stop
    return found, data[at:]
