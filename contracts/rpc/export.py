"""What every service that keeps something of a person answers: all of it, page by page. Each
declares an `ExportPerson` of its own beside its other calls.
"""

from __future__ import annotations

from contracts.ids import UserId
from contracts.rpc.base import Call
from contracts.wire import JSON, Wire


class Exported(Wire):
    """One page: records in the service's own words, each with the name of the file it goes to."""

    records: tuple[JSON, ...] = ()
    file: str = ""
    """The file of this page's records, without an ending."""
    after: str = ""
    """Where the next page begins; empty after the last one."""


class Export(Call[Exported]):
    """Everything this service keeps of a person, from where the page before ended."""

    callers = frozenset({"user"})
    deadline = 5.0

    user_id: UserId
    after: str = ""
