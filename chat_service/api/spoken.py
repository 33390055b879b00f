"""What was spoken: recordings of voice channels, and who was there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime

from chassis.http import answer
from chassis.identity import Actor
from chat_service import views
from chat_service.actions import recording, visiting
from chat_service.actions.chat import Chat
from chat_service.domain.visiting import sheet
from contracts import limits
from contracts.errors import Invalid
from contracts.ids import ChannelId, Snowflake

_NEWEST = (1 << 63) - 1
_DAY = timedelta(days=1)
_LONGEST = timedelta(days=limits.ATTENDANCE_DAYS)


class SpokenDoor:
    """The handlers."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    async def recordings(
        self,
        channel_id: ChannelId,
        actor: Actor,
        before: Snowflake | None = None,
        limit: Annotated[int, Query(ge=1, le=limits.RECORDINGS_PAGE_MAX)] = 50,
    ) -> Response:
        """Those of a channel, the newest first; one without an end runs."""
        below = _NEWEST if before is None else int(before)
        found = await recording.page(self._chat, actor, channel_id, below, limit)
        shown = [views.recording(one).dump() for one in found]
        return Response(orjson.dumps(shown), media_type="application/json")

    async def attendance(
        self,
        channel_id: ChannelId,
        actor: Actor,
        since: AwareDatetime | None = None,
        until: AwareDatetime | None = None,
        *,
        format: Literal["json", "csv"] = "json",  # noqa: A002
    ) -> Response:
        """Who was there, by default in the last day."""
        end = (until or self._chat.clock.now()).astimezone(UTC)
        begin = (since or end - _DAY).astimezone(UTC)
        _require_order(begin, end)
        found = await visiting.report(self._chat, actor, channel_id, begin, end)
        if format == "json":
            return answer(found)
        named = {"Content-Disposition": f'attachment; filename="voice-{channel_id}.csv"'}
        return Response(sheet(found.people), media_type="text/csv", headers=named)


def _require_order(begin: datetime, end: datetime) -> None:
    if begin >= end or end - begin > _LONGEST:
        text = f"The time begins before it ends, and is no longer than {_LONGEST.days} days."
        raise Invalid({"since": ("BASE_TYPE_BAD_TIME", text)})


def router(chat: Chat) -> APIRouter:
    """The routes."""
    door, routes = SpokenDoor(chat), APIRouter(prefix="/channels/{channel_id}")
    routes.get("/recordings")(door.recordings)
    routes.get("/voice-attendance")(door.attendance)
    return routes
