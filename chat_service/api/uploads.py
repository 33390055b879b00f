"""The one way in for messages with files, whoever sends them: members, webhooks, answers to
interactions, first posts of threads.

    async with uploads.received(chat, request, actor, channel_id) as sent:
        form = uploads.read(NewMessage, sent.body)
        draft = form.draft(sent.files)
        ...

Files go to the store as they come, and what is said beside them is given back as one JSON object,
whether it came as `payload_json`, as fields of its own, or without any files. Whoever may not write
there is to be refused before: a body is read from here on. What no message holds when the block
ends is deleted.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import orjson
from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from chassis.errors import invalid_form
from chassis.http import allow_body
from chat_service.actions.chat import Chat
from chat_service.actions.uploading import Intake
from chat_service.api import parts
from chat_service.api.parts import Part
from chat_service.domain.attachments import Received
from contracts import limits
from contracts.errors import DomainError, ErrorCode
from contracts.identity import Identity

F = TypeVar("F", bound=BaseModel)

_FILE = re.compile(r"files?(?:\[([0-9]{1,4})\])?")
_PAYLOAD = "payload_json"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request with or without files."""

    body: bytes
    """What was said, as JSON."""
    files: Sequence[Received] = ()


@asynccontextmanager
async def received(
    chat: Chat, request: Request, actor: Identity, channel_id: int
) -> AsyncIterator[Sent]:
    """The body of a request, with its files in the store for as long as the block lasts."""
    boundary = parts.boundary_of(request.headers.get("content-type"))
    if boundary is None:
        yield Sent(await request.body())
        return
    intake = Intake(chat, actor, channel_id)
    taker = _Parts(intake)
    allow_body(request, chat.files.request_bytes + limits.BODY_BYTES)
    try:
        with chat.files.coming():
            try:
                await parts.read(request.stream(), boundary, taker)
            except ClientDisconnect:
                raise DomainError(ErrorCode.GENERAL) from None
        yield Sent(taker.said(), intake.received)
    finally:
        await intake.leave()


def has_files(request: Request) -> bool:
    """Whether the body comes in parts."""
    return parts.boundary_of(request.headers.get("content-type")) is not None


def read(form: type[F], body: bytes) -> F:
    """What a form says."""
    try:
        return form.model_validate_json(body)
    except ValidationError as error:
        raise invalid_form(error.errors()) from None


@dataclass(slots=True)
class _Parts:
    """Files go to the intake, everything else stays here."""

    intake: Intake
    fields: dict[str, bytes] = field(default_factory=dict)
    _name: str | None = None
    """Of the field that comes; None while it is a file."""
    _size: int = 0
    _files: int = 0

    async def begin(self, part: Part) -> None:
        """Another part."""
        named = _FILE.fullmatch(part.name)
        if named or part.filename is not None:
            self._name = None
            n = int(named[1]) if named and named[1] else self._files
            self._files += 1
            await self.intake.begin(n, part.filename)
            return
        if len(self.fields) == limits.UPLOAD_FIELDS:
            raise DomainError(ErrorCode.INVALID_FORM)
        self._name = part.name
        self.fields[part.name] = b""

    async def more(self, data: bytes) -> None:
        """A piece of it."""
        if self._name is None:
            await self.intake.more(data)
            return
        self._size += len(data)
        if self._size > limits.BODY_BYTES:
            raise DomainError(ErrorCode.BODY_TOO_LARGE)
        self.fields[self._name] += data

    async def end(self) -> None:
        """It is whole."""
        if self._name is None:
            await self.intake.end()

    def said(self) -> bytes:
        """The JSON object of the request; plain fields, as old clients send them, become one."""
        payload = self.fields.get(_PAYLOAD)
        if payload is not None:
            return payload
        try:
            return orjson.dumps({name: value.decode() for name, value in self.fields.items()})
        except UnicodeDecodeError:
            raise DomainError(ErrorCode.INVALID_FORM) from None
