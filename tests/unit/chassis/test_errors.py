"""What an asker may know of a failure."""

from __future__ import annotations

import pytest
from asyncpg.exceptions import DeadlockDetectedError, LockNotAvailableError, UniqueViolationError
from sqlalchemy.exc import DBAPIError

import chassis.db  # noqa: F401 - says which of its failures mean that it is away
from chassis.errors import as_domain_error, headers_of
from contracts.errors import ErrorCode, Forbidden, Unavailable


def from_the_database(cause: Exception) -> DBAPIError:
    """As SQLAlchemy raises it: around its own error, which was raised from the driver's."""
    own = RuntimeError()
    own.__cause__ = cause
    return DBAPIError("UPDATE", None, own)


@pytest.mark.parametrize("cause", [LockNotAvailableError("slow"), DeadlockDetectedError("both")])
def test_who_waited_too_long_for_others_may_ask_again(cause: Exception) -> None:
    refusal = as_domain_error(from_the_database(cause))
    assert isinstance(refusal, Unavailable)
    assert headers_of(refusal) == {"retry-after": "1"}


def test_what_nobody_foresaw_is_a_bug_and_what_somebody_decided_is_told() -> None:
    bug = as_domain_error(from_the_database(UniqueViolationError("twice")))
    assert (bug.error, bug.status) == (ErrorCode.INTERNAL, 500)
    refusal = Forbidden()
    assert as_domain_error(refusal) is refusal
