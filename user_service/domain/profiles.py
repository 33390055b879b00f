"""What people tell of themselves, and how they change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from contracts.assets import AVATARS, BANNERS
from contracts.limits import BIO_MAX, PRONOUNS_MAX
from contracts.rpc.community import MutualGuild
from user_service.domain import names
from user_service.domain.accounts import Account
from user_service.domain.fields import Fields

PICTURES = {"avatar": AVATARS, "banner": BANNERS}
_WHITE = 0xFFFFFF


@dataclass(frozen=True, slots=True)
class NewProfile:
    """What an owner changes: fields that were not given are not here."""

    values: Mapping[str, Any]
    pictures: Mapping[str, str | None]
    """Data URIs by field; None takes the picture off."""

    def renames(self, account: Account) -> bool:
        """Whether the username becomes another: what one logs in with is guarded."""
        return bool(self.values.get("username", account.username) != account.username)

    def of(self, account: Account, digests: Mapping[str, str | None]) -> Account:
        """The account with this profile, and with the pictures kept under these names."""
        changes: dict[str, Any] = {**self.values, **digests}
        return replace(account, **changes)


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody as one other person sees them; None was not asked for."""

    account: Account
    mutual_guilds: tuple[MutualGuild, ...] | None
    mutual_friends: tuple[Account, ...] | None
    mutual_friends_count: int


def read_profile(given: Mapping[str, Any]) -> NewProfile:
    """Read a change; all that is wrong with it is told at once."""
    fields = Fields()
    values: dict[str, Any] = {}
    if given.get("username") is not None:
        values["username"] = fields.read("username", names.username, given["username"])
    if "global_name" in given:
        # An emptied field takes the shown name away.
        shown = given["global_name"] or None
        values["global_name"] = shown and fields.read("global_name", names.global_name, shown)
    for name, most in (("bio", BIO_MAX), ("pronouns", PRONOUNS_MAX)):
        if name in given:
            rule = partial(names.description, most=most)
            values[name] = fields.read(name, rule, given[name] or "")
    if "accent_color" in given:
        colour = values["accent_color"] = given["accent_color"]
        if colour is not None and not 0 <= colour <= _WHITE:
            fields.refuse("accent_color", "NUMBER_TYPE_MAX", f"Must be from 0 to {_WHITE}.")
    fields.settle()
    return NewProfile(values, {name: given[name] for name in PICTURES if name in given})


def worn(before: Account, after: Account) -> list[str]:
    """Where the pictures lie that were taken off."""
    return [
        shelf.key(before.id, kept)
        for name, shelf in PICTURES.items()
        if (kept := getattr(before, name)) and kept != getattr(after, name)
    ]
