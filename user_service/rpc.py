"""What neighbours may ask of user_service."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from chassis.rpc import RpcServer
from contracts.identity import NOBODY, Kind
from contracts.ids import UserId
from contracts.rpc.users import (
    AllFriends,
    Arrivals,
    Arriving,
    Authenticate,
    AuthenticateAll,
    Authenticated,
    AuthenticatedAll,
    FoundApplication,
    Friends,
    GetApplication,
    GetArrivals,
    GetFriends,
    GetReaders,
    GetRelationships,
    GetSelf,
    GetStandings,
    GetUsers,
    GetWishes,
    MakeRegistrationCode,
    OpenStreamKey,
    OwnSettings,
    Readers,
    RegistrationCode,
    Relationships,
    Self,
    Standings,
    StreamKeyOpened,
    Users,
    Wish,
    Wishes,
)
from user_service import actions, views
from user_service.domain.accounts import Account
from user_service.domain.applications import Owned
from user_service.domain.logins import Login
from user_service.domain.relationships import Listed
from user_service.tools import UserUnits
from user_service.views.applications import shown_application


class Handlers:
    """One function a call."""

    def __init__(self, units: UserUnits) -> None:
        self._units = units

    async def authenticate(self, call: Authenticate) -> Authenticated:
        """Whose token it is."""
        (found,) = await self._authenticated((call.token,))
        return found

    async def authenticate_all(self, call: AuthenticateAll) -> AuthenticatedAll:
        """Whose tokens they are."""
        return AuthenticatedAll(found=tuple(await self._authenticated(call.tokens)))

    async def _authenticated(self, tokens: Sequence[str]) -> list[Authenticated]:
        async with self._units.reading(NOBODY) as unit:
            logins = await actions.logins.recognise(unit, tokens)
            alive = [login for login in logins if login is not None]
            owners = await actions.accounts.those(unit, [login.user_id for login in alive])
        if worn := [login for login in alive if login.is_worn(unit.now)]:
            async with self._units.open(NOBODY) as unit:
                await actions.logins.touch(unit, worn)
        guarded = {owner.id for owner in owners if owner.is_mfa_enabled}
        return [_authenticated(login, guarded) for login in logins]

    async def get_users(self, call: GetUsers) -> Users:
        """Public faces."""
        async with self._units.reading(NOBODY) as unit:
            accounts = await actions.accounts.those(unit, call.user_ids)
        return Users(users=tuple(views.user(account) for account in accounts))

    async def get_self(self, call: GetSelf) -> Self:
        """What READY says of an account."""
        async with self._units.reading(NOBODY) as unit:
            account, owned = await actions.applications.self_of(unit, call.user_id)
        application = shown_application(owned) if owned is not None else None
        return Self(user=views.current_user(account), application=application)

    async def make_registration_code(self, call: MakeRegistrationCode) -> RegistrationCode:
        """For an operator, by hand."""
        async with self._units.open(NOBODY) as unit:
            code = await actions.proofs.make_code(unit, uses=call.uses, hours=call.hours)
        return RegistrationCode(code=code.text)

    async def get_application(self, call: GetApplication) -> FoundApplication:
        """For installing its bot."""
        async with self._units.reading(NOBODY) as unit:
            owned = await actions.applications.find(unit, call.application_id)
        application = shown_application(owned) if owned is not None else None
        return FoundApplication(application=application)

    async def get_relationships(self, call: GetRelationships) -> Relationships:
        """A page of somebody's list."""
        async with self._units.reading(NOBODY) as unit:
            most = actions.relationships.PAGE
            found = await actions.relationships.page(
                unit, call.user_id, after=call.after, limit=most
            )
        shown = tuple(views.relationship(listed) for listed in found)
        return Relationships(relationships=shown, is_more=len(found) == most)

    async def get_friends(self, call: GetFriends) -> AllFriends:
        """Their ids."""
        async with self._units.reading(NOBODY) as unit:
            found = await actions.relationships.friends(unit, call.user_ids)
        return AllFriends(
            people=tuple(
                Friends(user_id=UserId(one), friend_ids=tuple(theirs))
                for one, theirs in found.items()
            )
        )

    async def get_standings(self, call: GetStandings) -> Standings:
        """Who is a friend, and who has blocked whom."""
        async with self._units.reading(NOBODY) as unit:
            found = await actions.relationships.standings(unit, call.user_id, call.other_ids)
        return Standings(standings=tuple(found))

    async def get_arrivals(self, call: GetArrivals) -> Arrivals:
        """What READY says, and how a session is shown."""
        async with self._units.reading(NOBODY) as unit:
            accounts = await actions.accounts.those(unit, call.user_ids)
            owned = await actions.applications.of_bots(unit, accounts)
            people = [account for account in accounts if not account.is_bot]
            settings = await actions.settings.of_all(unit, people)
            lists = await actions.relationships.pages(unit, [account.id for account in people])
        most = actions.relationships.PAGE
        return Arrivals(
            people=tuple(
                _arriving(
                    account,
                    owned.get(account.id),
                    settings.get(account.id),
                    lists.get(account.id, []),
                    most,
                )
                for account in accounts
            )
        )

    async def get_wishes(self, call: GetWishes) -> Wishes:
        """How these people are notified of a place."""
        async with self._units.reading(NOBODY) as unit:
            found = await actions.settings.of_people(unit, call.user_ids, call.guild_id)
        return Wishes(wishes=tuple(Wish(user_id=one, settings=said) for one, said in found))

    async def get_readers(self, call: GetReaders) -> Readers:
        """How these people are to be spoken to."""
        async with self._units.reading(NOBODY) as unit:
            found = await actions.settings.readers(unit, call.user_ids)
        return Readers(readers=tuple(found))

    async def open_stream_key(self, call: OpenStreamKey) -> StreamKeyOpened:
        """Whose key it is."""
        async with self._units.reading(NOBODY) as unit:
            found = await actions.stream_keys.opened(unit, call.key)
        if found is None:
            return StreamKeyOpened()
        user_id, key = found
        return StreamKeyOpened(user_id=user_id, channel_id=key.channel_id, key_id=key.id)


def register(rpc: RpcServer, units: UserUnits) -> None:
    """Answer these calls."""
    handlers = Handlers(units)
    rpc.handle(Authenticate, handlers.authenticate)
    rpc.handle(AuthenticateAll, handlers.authenticate_all)
    rpc.handle(GetUsers, handlers.get_users)
    rpc.handle(GetSelf, handlers.get_self)
    rpc.handle(MakeRegistrationCode, handlers.make_registration_code)
    rpc.handle(GetApplication, handlers.get_application)
    rpc.handle(GetRelationships, handlers.get_relationships)
    rpc.handle(GetFriends, handlers.get_friends)
    rpc.handle(GetStandings, handlers.get_standings)
    rpc.handle(GetArrivals, handlers.get_arrivals)
    rpc.handle(GetWishes, handlers.get_wishes)
    rpc.handle(GetReaders, handlers.get_readers)
    rpc.handle(OpenStreamKey, handlers.open_stream_key)


def _authenticated(login: Login | None, guarded: Collection[int]) -> Authenticated:
    if login is None:
        return Authenticated(kind=Kind.NOBODY)
    return Authenticated(
        kind=login.kind,
        user_id=login.user_id,
        login_id=login.id,
        has_second_factor=login.user_id in guarded,
    )


def _arriving(
    account: Account,
    owned: Owned | None,
    settings: OwnSettings | None,
    listed: Sequence[Listed],
    most: int,
) -> Arriving:
    return Arriving(
        user_id=account.id,
        user=views.current_user(account).dump(),
        application=shown_application(owned) if owned is not None else None,
        settings=settings,
        relationships=tuple(views.relationship(one).dump() for one in listed),
        is_more=len(listed) == most,
    )
