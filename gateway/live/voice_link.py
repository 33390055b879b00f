"""Sessions into voice and out of it: what they ask for is put to signaling_service, for each person
in the order of asking. What comes of it comes as events, like everything else.
"""

from __future__ import annotations

from collections import deque

from chassis.logs import logger
from chassis.tasks import Tasks
from contracts.errors import DomainError
from contracts.identity import Kind
from contracts.ids import ChannelId, GuildId, UserId
from contracts.rpc.signaling import UpdateVoiceState
from gateway.live.payloads import VoiceRequest
from gateway.live.seams import Asks
from gateway.live.viewer import Viewer

log = logger("voice")

_WAITING = 8
"""Of one person: who asks faster is heard from the newest wish on."""


class VoiceLink:
    """Asks for one person one thing at a time."""

    def __init__(self, calls: Asks, tasks: Tasks) -> None:
        self._calls = calls
        self._tasks = tasks
        self._waiting: dict[int, deque[UpdateVoiceState]] = {}

    def update(self, viewer: Viewer, request: VoiceRequest) -> None:
        """A session wants in, out, or to be shown otherwise."""
        call = UpdateVoiceState(
            user_id=UserId(viewer.user_id),
            is_bot=viewer.kind is Kind.BOT,
            session_id=viewer.session_id,
            guild_id=None if request.guild_id is None else GuildId(request.guild_id),
            channel_id=None if request.channel_id is None else ChannelId(request.channel_id),
            self_mute=request.self_mute,
            self_deaf=request.self_deaf,
            self_video=request.self_video,
            self_stream=request.self_stream,
        )
        waiting = self._waiting.get(viewer.user_id)
        if waiting is None:
            self._waiting[viewer.user_id] = deque([call], maxlen=_WAITING)
            self._tasks.spawn("voice:update", self._ask(viewer.user_id))
        else:
            waiting.append(call)

    async def _ask(self, user_id: int) -> None:
        waiting = self._waiting[user_id]
        try:
            while waiting:
                try:
                    await self._calls.ask(waiting.popleft())
                except DomainError as error:
                    log.info("voice.refused", user=user_id, reason=str(error))
        finally:
            del self._waiting[user_id]
