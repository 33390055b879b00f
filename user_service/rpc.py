"""What neighbours may ask of user_service."""

from __future__ import annotations

from chassis.rpc import RpcServer
from contracts.identity import NOBODY, Kind
from contracts.rpc.users import (
    Authenticate,
    Authenticated,
    FoundApplication,
    GetApplication,
    GetSelf,
    GetUsers,
    MakeRegistrationCode,
    RegistrationCode,
    Self,
    Users,
)
from user_service import actions, views
from user_service.tools import UserUnits


class Handlers:
    """One function a call."""

    def __init__(self, units: UserUnits) -> None:
        self._units = units

    async def authenticate(self, call: Authenticate) -> Authenticated:
        """Whose token it is."""
        async with self._units.reading(NOBODY) as unit:
            login = await actions.logins.recognise(unit, call.token)
        if login is None:
            return Authenticated(kind=Kind.NOBODY)
        if login.is_worn(unit.now):
            async with self._units.open(NOBODY) as unit:
                await actions.logins.touch(unit, login)
        return Authenticated(kind=login.kind, user_id=login.user_id, login_id=login.id)

    async def get_users(self, call: GetUsers) -> Users:
        """Public faces."""
        async with self._units.reading(NOBODY) as unit:
            accounts = await actions.accounts.those(unit, call.user_ids)
        return Users(users=tuple(views.user(account) for account in accounts))

    async def get_self(self, call: GetSelf) -> Self:
        """What READY says of an account."""
        async with self._units.reading(NOBODY) as unit:
            account, owned = await actions.applications.self_of(unit, call.user_id)
        application = views.application(owned) if owned is not None else None
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
        application = views.application(owned) if owned is not None else None
        return FoundApplication(application=application)


def register(rpc: RpcServer, units: UserUnits) -> None:
    """Answer these calls."""
    handlers = Handlers(units)
    rpc.handle(Authenticate, handlers.authenticate)
    rpc.handle(GetUsers, handlers.get_users)
    rpc.handle(GetSelf, handlers.get_self)
    rpc.handle(MakeRegistrationCode, handlers.make_registration_code)
    rpc.handle(GetApplication, handlers.get_application)
