"""Domain errors across a link."""

from __future__ import annotations

import orjson
import pytest

from chassis.rpc.failures import Busy, describe, restore
from contracts.errors import (
    Conflict,
    DomainError,
    ErrorCode,
    Forbidden,
    Invalid,
    NotFound,
    TooMany,
    Unauthorized,
    Unavailable,
)
from contracts.wire import JSON


def across(error: DomainError) -> DomainError:
    told: JSON = orjson.loads(orjson.dumps(describe(error)))
    return restore(told)


@pytest.mark.parametrize("code", list(ErrorCode))
@pytest.mark.parametrize(
    "kind", [DomainError, Unauthorized, Forbidden, NotFound, Conflict, Unavailable, Busy]
)
def test_an_error_arrives_as_what_it_was(kind: type[DomainError], code: ErrorCode) -> None:
    arrived = across(kind(code, "because"))
    assert type(arrived) is kind
    assert (arrived.error, arrived.message) == (code, "because")


def test_a_subclass_nobody_else_knows_arrives_as_its_base() -> None:
    class Full(Conflict):
        pass

    assert type(across(Full(ErrorCode.MAX_GUILDS))) is Conflict


def test_form_errors_keep_their_fields() -> None:
    arrived = across(Invalid({"name": ("BASE_TYPE_REQUIRED", "This field is required")}))
    assert isinstance(arrived, Invalid)
    assert arrived.fields == {"name": ("BASE_TYPE_REQUIRED", "This field is required")}


@pytest.mark.parametrize("is_global", [True, False])
def test_a_limit_keeps_when_it_opens(is_global: bool) -> None:
    arrived = across(TooMany(2.5, is_global=is_global))
    assert isinstance(arrived, TooMany)
    assert (arrived.retry_after, arrived.is_global) == (2.5, is_global)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"kind": 7, "name": 7, "message": 7},
        {"kind": "Nonsense", "name": "NONSENSE", "message": None},
        {"kind": ["Invalid"], "name": {}},
    ],
)
def test_nonsense_arrives_as_an_internal_error(told: JSON) -> None:
    arrived = restore(told)
    assert type(arrived) is DomainError
    assert arrived.error is ErrorCode.INTERNAL


@pytest.mark.parametrize("fields", [None, [], {"a": 1}, {"a": ["x"]}])
def test_form_errors_without_sense_are_left_out(fields: object) -> None:
    arrived = restore({"kind": "Invalid", "fields": fields})
    assert isinstance(arrived, Invalid)
    assert arrived.fields == {}


def test_a_limit_without_sense_opens_in_a_second() -> None:
    arrived = restore({"kind": "TooMany", "retry_after": "soon"})
    assert isinstance(arrived, TooMany)
    assert arrived.retry_after == 1.0
