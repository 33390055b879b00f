"""How one wishes to be notified of a community: changes applied to what was set before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.errors import Invalid
from contracts.ids import ChannelId
from contracts.limits import CHANNEL_OVERRIDES_MAX
from contracts.objects.settings import ChannelNotifications, GuildNotifications


def changed(
    kept: GuildNotifications,
    given: Mapping[str, Any],
    overrides: Mapping[ChannelId, Mapping[str, Any]],
) -> GuildNotifications:
    """With what was given; of a channel that says nothing of its own any more, nothing is kept."""
    channels = {one.channel_id: one for one in kept.channel_overrides}
    for channel_id, changes in overrides.items():
        before = channels.get(channel_id) or ChannelNotifications(channel_id=channel_id)
        channels[channel_id] = before.model_copy(update=dict(changes))
    said = [
        one for one in channels.values() if one != ChannelNotifications(channel_id=one.channel_id)
    ]
    if len(said) > CHANNEL_OVERRIDES_MAX:
        text = f"Must be {CHANNEL_OVERRIDES_MAX} or fewer in length."
        raise Invalid({"channel_overrides": ("BASE_TYPE_MAX_LENGTH", text)})
    said.sort(key=lambda one: one.channel_id)
    return kept.model_copy(
        update={**given, "channel_overrides": tuple(said), "version": kept.version + 1}
    )
