"""Does a push arrive? ./moim push test USER sends a greeting to every device of somebody."""

from __future__ import annotations

import argparse
import asyncio
import json

from contracts.errors import DomainError
from contracts.ids import UserId
from contracts.rpc.notification import GreetDevices
from stack import say
from stack.trouble import Trouble
from stack.verbs import call

HELP = "push a greeting to every device of somebody: ./moim push test USER"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What, and to whom."""
    parser.add_argument("what", choices=["test"], help="a greeting")
    parser.add_argument("user", type=int, help="the id of the person")


def run(options: argparse.Namespace) -> int:
    """Say how many devices it went to; what became of it is in the metrics and the log."""
    ask = GreetDevices(user_id=UserId(options.user))
    try:
        answer = json.loads(asyncio.run(call.exchange(ask, "user")))
    except DomainError as error:
        raise Trouble(f"Nothing was pushed: {error}") from None
    count = answer["devices"]
    if not count:
        raise Trouble(
            "This person has no device.", "A client registers one: docs/protocols/push.md."
        )
    say.line(f"pushed to {count} device(s); see moim_push_sent and push.not_sent")
    return 0
