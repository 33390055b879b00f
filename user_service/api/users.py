"""`/users`: oneself and others."""

from __future__ import annotations

from fastapi import APIRouter, Response

from chassis.http import answer
from chassis.identity import Actor, Person
from contracts.identity import Identity
from contracts.ids import UserId
from contracts.wire import Form, Text
from user_service import actions, views
from user_service.api.caller import From
from user_service.domain.accounts import NewCredentials, read_credentials
from user_service.domain.profiles import NewProfile, read_profile
from user_service.tools import UserUnits


class Profile(Form):
    """The body of a change of oneself."""

    username: Text | None = None
    global_name: Text | None = None
    avatar: str | None = None
    banner: str | None = None
    accent_color: int | None = None
    bio: Text | None = None
    pronouns: Text | None = None
    email: Text | None = None
    password: Text | None = None
    new_password: Text | None = None
    code: Text | None = None


class Words(Form):
    """The body of a change of what one tells of oneself."""

    banner: str | None = None
    accent_color: int | None = None
    bio: Text | None = None
    pronouns: Text | None = None


class UsersDoor:
    """The handlers."""

    def __init__(self, units: UserUnits) -> None:
        self._units = units

    async def me(self, actor: Actor) -> Response:
        """Oneself."""
        async with self._units.reading(actor) as unit:
            account = await actions.accounts.me(unit)
        return answer(views.current_user(account))

    async def change(self, form: Profile, actor: Actor, origin: From) -> Response:
        """Be seen otherwise, log in otherwise, or both."""
        wanted = read_profile({name: getattr(form, name) for name in form.model_fields_set})
        credentials = read_credentials(email=form.email, password=form.new_password)
        password_hash = await self._prove(form, actor, wanted, credentials)
        digests = await actions.profiles.keep_pictures(self._units, actor, wanted.pictures)
        token = None
        async with self._units.open(actor) as unit:
            account = await actions.profiles.change(unit, wanted, digests)
            if credentials.is_any:
                token = await actions.credentials.change(
                    unit, credentials, password_hash, origin.client
                )
                account = await actions.accounts.me(unit)
        return answer(views.changed_user(account, token))

    async def tell(self, form: Words, actor: Person) -> Response:
        """Tell something else of oneself."""
        wanted = read_profile({name: getattr(form, name) for name in form.model_fields_set})
        digests = await actions.profiles.keep_pictures(self._units, actor, wanted.pictures)
        async with self._units.open(actor) as unit:
            account = await actions.profiles.change(unit, wanted, digests)
        return answer(views.profile_words(account))

    async def _prove(
        self, form: Profile, actor: Identity, wanted: NewProfile, credentials: NewCredentials
    ) -> str | None:
        """Make sure of the owner where that is needed; the hash of a new password."""
        if credentials.is_any or await actions.profiles.renames(self._units, actor, wanted):
            await actions.credentials.prove(self._units, actor, form.password, form.code)
        if credentials.password is None:
            return None
        return await self._units.tools.passwords.hash(credentials.password)

    async def get(self, user_id: UserId, actor: Actor) -> Response:
        """Anybody."""
        async with self._units.reading(actor) as unit:
            account = await actions.accounts.get(unit, user_id)
        return answer(views.user(account))

    async def profile(
        self,
        user_id: UserId,
        actor: Person,
        *,
        with_mutual_guilds: bool = True,
        with_mutual_friends: bool = False,
    ) -> Response:
        """Somebody's card."""
        seen = await actions.profiles.seen(
            self._units, actor, user_id, guilds=with_mutual_guilds, friends=with_mutual_friends
        )
        return answer(views.profile(seen))


def router(units: UserUnits) -> APIRouter:
    """The routes."""
    door, routes = UsersDoor(units), APIRouter(prefix="/users")
    routes.get("/@me")(door.me)
    routes.patch("/@me")(door.change)
    routes.patch("/@me/profile")(door.tell)
    routes.get("/{user_id}")(door.get)
    routes.get("/{user_id}/profile")(door.profile)
    return routes
