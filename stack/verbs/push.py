"""Does a push arrive? ./moim push test USER sends a greeting to every device of somebody."""

from __future__ import annotations

import argparse
import asyncio

from contracts.errors import DomainError
from contracts.ids import UserId
from contracts.rpc.notification import GreetDevices, Pushed
from stack import say
from stack.trouble import Trouble
from stack.verbs import call

HELP = "push a greeting to every device of somebody: ./moim push test USER"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What, and to whom."""
    parser.add_argument("what", choices=["test"], help="a greeting")
    parser.add_argument("user", type=int, help="the id of the person")


def run(options: argparse.Namespace) -> int:
    """Say how many devices it went to, and what keeps it from others; what became of it is in the
    metrics and the log.
    """
    ask = GreetDevices(user_id=UserId(options.user))
    try:
        answer = Pushed.model_validate_json(asyncio.run(call.exchange(ask, "user")))
    except DomainError as error:
        raise Trouble(f"Nothing was pushed: {error}") from None
    problems = problems_of(answer)
    if not answer.devices:
        raise Trouble(problems[0], HINT)
    for problem in problems:
        say.line(problem)
    say.line(f"pushed to {answer.devices} device(s); see moim_push_sent and push.not_sent")
    return 0


HINT = "docs/operations.md, Push, and docs/protocols/push.md."


def problems_of(answer: Pushed) -> list[str]:
    """Why not every device is reached, one line each."""
    found = [f"{name} can not work: {why}." for name, why in sorted(answer.troubles.items())]
    for name, count in sorted(answer.unserved.items()):
        how = HOW.get(name, "")
        found.append(f"{count} device(s) are reached by {name}, which is not configured{how}.")
    if not answer.devices and not answer.unserved:
        found.insert(0, "This person has no device: a client registers one.")
    return found


HOW = {
    "fcm": ": set MOIM_FCM_CREDENTIALS",
    "apns": ": set MOIM_APNS_KEY and what goes with it",
    "webpush": ": set NOTIFICATION_VAPID_KEY",
}
