"""Whom a text really mentions: what it says, what its author allows, what they may."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from chat_service.domain import content
from contracts.permissions import Permission


@dataclass(frozen=True, slots=True)
class Allowed:
    """`allowed_mentions`: kinds that are taken from the text, or ids that are wanted themselves."""

    parse: frozenset[str] = frozenset({"users", "roles", "everyone"})
    users: frozenset[int] | None = None
    roles: frozenset[int] | None = None
    replied_user: bool = True

    def lets_user(self, user_id: int) -> bool:
        """Whether a person named in the text is mentioned."""
        return "users" in self.parse or user_id in (self.users or ())

    def lets_role(self, role_id: int) -> bool:
        """Whether a role named in the text is mentioned."""
        return "roles" in self.parse or role_id in (self.roles or ())


@dataclass(frozen=True, slots=True)
class Mentions:
    """Who is told."""

    users: tuple[int, ...] = ()
    roles: tuple[int, ...] = ()
    everyone: bool = False


def resolve(
    text: str, allowed: Allowed, granted: Permission, mentionable: Collection[int]
) -> Mentions:
    """The mentions of a text. A role that is not for everybody to mention needs the permission."""
    may_shout = bool(granted & Permission.MENTION_EVERYONE)
    return Mentions(
        users=tuple(one for one in content.mentioned_users(text) if allowed.lets_user(one)),
        roles=tuple(
            one
            for one in content.mentioned_roles(text)
            if allowed.lets_role(one) and (may_shout or one in mentionable)
        ),
        everyone="everyone" in allowed.parse and content.mentions_everyone(text, granted),
    )
