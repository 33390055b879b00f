"""What clients say of messages: the short way of plain texts reads them as the form does."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_service.api.shapes import NewMessage, new_message
from chat_service.domain.drafts import Draft
from contracts.errors import DomainError

_TEXTS = st.text(max_size=40) | st.sampled_from(("\0", "x" * 26, "7"))
_ODD = st.none() | st.booleans() | st.integers() | st.lists(st.text(), max_size=1)
_SAID = st.fixed_dictionaries(
    {},
    optional={
        "content": _TEXTS | _ODD,
        "nonce": _TEXTS | _ODD,
        "flags": _ODD,
        "tts": st.booleans(),
        "unknown": st.text(max_size=3),
    },
)


def read_by_the_form(body: bytes) -> Draft | None:
    try:
        return NewMessage.model_validate_json(body).draft()
    except (ValueError, DomainError):
        return None


def read(body: bytes) -> Draft | None:
    try:
        return new_message(body)
    except DomainError:
        return None


@given(said=_SAID)
def test_a_body_means_what_the_form_makes_of_it(said: dict[str, object]) -> None:
    body = json.dumps(said).encode()
    assert read(body) == read_by_the_form(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"text"',
        b'{"content": "a"',
        b'{"content": "a"} b',
        b'{"content": "\\ud800"}',
        b'{"content": "\xff"}',
        b'{"content": "a", "content": "b"}',
        b'{"content": "a", "nonce": "\\ud800"}',
        b'{"content": "a", "nonce": 18446744073709551616}',
        b'{"content": "a", "nonce": 1.0}',
        b'\xef\xbb\xbf{"content": "a"}',
    ],
)
def test_what_is_no_plain_text_is_left_to_the_form(body: bytes) -> None:
    assert read(body) == read_by_the_form(body)
