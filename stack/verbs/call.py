"""One call by hand, as a neighbour that may: ./moim call user.GetUsers '{"user_ids":["1"]}'."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import pkgutil

import contracts.rpc
from chassis import logs
from chassis.clock import SystemClock
from chassis.metrics import Metrics
from chassis.rpc import Calls
from chassis.settings import addresses
from chassis.tasks import Tasks
from contracts.errors import DomainError
from contracts.rpc.base import REGISTRY, Ask, Call, Cast
from stack import keys, leftovers, say
from stack.environ import given, home
from stack.home import Home
from stack.ports import LOOPBACK, Ports
from stack.services import HOUSE
from stack.trouble import Trouble

HELP = "make one call by hand; without a name, list them"
_PATIENCE_S = 5.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to say, and as whom."""
    parser.add_argument("name", nargs="?", default="", help="service.Name")
    parser.add_argument("body", nargs="?", default="{}", help="JSON")
    parser.add_argument("--as", dest="caller", default="", help="the service that asks")


def run(options: argparse.Namespace) -> int:
    """Print the answer as JSON."""
    for module in pkgutil.iter_modules(contracts.rpc.__path__):
        importlib.import_module(f"contracts.rpc.{module.name}")
    if not options.name:
        say.table([(name, _shape(kind)) for name, kind in sorted(REGISTRY.items())])
        return 0
    kind = REGISTRY.get(options.name)
    if kind is None:
        raise Trouble(f"There is no call {options.name!r}.", "./moim call lists them.")
    try:
        ask = kind.model_validate_json(options.body)
    except ValueError as error:
        raise Trouble(f"The body does not fit {options.name}: {error}") from None
    caller = options.caller or _caller(kind)
    try:
        say.line(asyncio.run(exchange(ask, caller)))
    except DomainError as error:
        raise Trouble(f"{options.name} was refused: {error}") from None
    return 0


def _caller(kind: type[Ask]) -> str:
    known = [row.name for row in HOUSE.callers(kind.service)]
    allowed = [name for name in known if not kind.callers or name in kind.callers]
    if not allowed:
        raise Trouble(f"No service may make the call {kind.wire_name()}.")
    return allowed[0]


def way(caller: str, callee: str) -> tuple[tuple[str, int], str]:
    """Address and key of a link: of the suite that runs here or, in the caller's container, what
    its own settings say.
    """
    link, prefix = keys.link_key(caller, callee), HOUSE[caller].prefix
    if keyring := given(f"{prefix}KEYRING"):
        held = dict(pair.rsplit(":", 1) for pair in keyring.split(","))
        return addresses(given(f"{prefix}NEIGHBOURS"))[callee], held[link]
    place = Home(home())
    state = place.state()
    if not leftovers.is_alive(state.get("suite")):
        raise Trouble("Nothing runs that could be asked.", "Start it: ./moim up --detach.")
    return (LOOPBACK, Ports(state["port"]).rpc(callee)), keys.derive(place.master(), link)


async def exchange(ask: Ask, caller: str) -> str:
    """The answer as JSON, over a link of its own."""
    address, key = way(caller, ask.service)
    logs.configure("call", "by-hand", "error")
    tasks = Tasks()
    calls = Calls(
        caller,
        {ask.service: address},
        {keys.link_key(caller, ask.service): bytes.fromhex(key)},
        clock=SystemClock(),
        tasks=tasks,
        metrics=Metrics(),
        instance="by-hand",
    )
    await calls.start()
    try:
        return await _exchange(calls, ask)
    finally:
        await calls.stop()
        await tasks.cancel()


async def _exchange(calls: Calls, ask: Ask) -> str:
    if isinstance(ask, Call):
        reply = await calls.ask(ask, deadline=_PATIENCE_S)
        return json.dumps(json.loads(reply.encode()), indent=2, ensure_ascii=False)
    up = asyncio.Event()
    calls.on_link(ask.service, up.set, lambda: None)
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await up.wait()
    except TimeoutError:
        raise Trouble(f"There is no link to {ask.service}.", "See ./moim status.") from None
    assert isinstance(ask, Cast)
    is_told = calls.cast(ask)
    await SystemClock().sleep(0.1)
    return json.dumps({"told": is_told})


def _shape(kind: type[Ask]) -> str:
    fields = ", ".join(kind.model_fields)
    answer = f" -> {kind.reply.__name__}" if kind.reply else ""
    return f"({fields}){answer}"
