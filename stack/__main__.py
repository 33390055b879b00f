"""python -m stack VERB: finds the verb, and turns expected failures into sentences."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from stack import say
from stack.trouble import Trouble, told

VERBS = (
    "up",
    "down",
    "status",
    "logs",
    "test",
    "check",
    "bench",
    "load",
    "seed",
    "migrate",
    "call",
    "push",
    "env",
    "doctor",
)
_INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Run a verb; its exit code."""
    parser = argparse.ArgumentParser(prog="./moim")
    parsers = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    # Only the chosen verb is imported: `./moim status` shall not wait for what `call` needs.
    for name in VERBS if not arguments or arguments[0] not in VERBS else arguments[:1]:
        verb = importlib.import_module(f"stack.verbs.{name}")
        known = parsers.add_parser(name, help=verb.HELP, description=verb.HELP)
        known.set_defaults(run=verb.run)
        if hasattr(verb, "PASSES_ON"):
            known.usage = f"./moim {name} {verb.PASSES_ON}"
        else:
            verb.arguments(known)
    options, rest = parser.parse_known_args(arguments)
    if passes_on(options.verb):
        options.rest = list(arguments[1:])
    elif rest:
        parser.error(f"unknown: {' '.join(rest)}")
    try:
        return int(options.run(options))
    except Trouble as trouble:
        say.trouble(trouble)
    except OSError as error:
        say.trouble(told(error))
    except KeyboardInterrupt:
        return _INTERRUPTED
    return 1


def passes_on(name: str) -> bool:
    """Whether the verb hands its arguments to another program as they are."""
    return hasattr(importlib.import_module(f"stack.verbs.{name}"), "PASSES_ON")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
