"""Messages that no account sent by itself: a webhook's, and what an application answers to somebody
who asked it. What is kept of that stands in the message, so it is shown when the webhook is gone.
"""

from __future__ import annotations

from dataclasses import dataclass

from contracts.wire import JSON


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a message comes from."""

    webhook_id: int
    application_id: int | None = None
    author: JSON | None = None
    """How a webhook's message is signed; an application's bot has a face of its own."""
    interaction: JSON | None = None
    """What was asked, by whom: an application's answer."""
    type: int = 0

    def kept(self) -> JSON:
        """As it is stored in the message."""
        kept: JSON = {"webhook_id": str(self.webhook_id)}
        if self.application_id is not None:
            kept["application_id"] = str(self.application_id)
        if self.author is not None:
            kept["author"] = self.author
        if self.interaction is not None:
            kept["interaction"] = self.interaction
        return kept


def signed(name: str, avatar: str | None, avatar_url: str | None = None) -> JSON:
    """How a webhook signs. A picture from elsewhere takes the place of its own."""
    if avatar_url is not None:
        return {"username": name, "avatar_url": avatar_url}
    return {"username": name, "avatar": avatar}
