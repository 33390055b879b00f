"""What a message may say, and whom it mentions."""

from __future__ import annotations

import re

from contracts import limits
from contracts.errors import DomainError, ErrorCode, Invalid
from contracts.permissions import Permission

_MENTION = re.compile(r"<@!?([0-9]{1,19})>")
_ROLE = re.compile(r"<@&([0-9]{1,19})>")
_EVERYONE = re.compile(r"@(everyone|here)\b")


def check(content: str) -> str:
    """The text as it will be stored, or the error that says why it can not be."""
    if not content.strip():
        raise DomainError(ErrorCode.EMPTY_MESSAGE)
    return check_text(content)


def check_text(content: str) -> str:
    """The same for a text that may be empty, as something else is said beside it."""
    if len(content) > limits.MESSAGE_CONTENT:
        raise Invalid(
            {
                "content": (
                    "BASE_TYPE_MAX_LENGTH",
                    f"Must be {limits.MESSAGE_CONTENT} or fewer in length.",
                )
            }
        )
    # PostgreSQL's text takes no NUL, and half a surrogate pair is no text at all.
    if "\x00" in content or not _is_whole(content):
        raise Invalid({"content": ("BASE_TYPE_INVALID", "Contains characters that are no text.")})
    return content


def mentioned_users(content: str) -> tuple[int, ...]:
    """Ids named as `<@id>`, each once, in order."""
    return _ids(_MENTION, content)


def mentioned_roles(content: str) -> tuple[int, ...]:
    """Ids named as `<@&id>`, each once, in order."""
    return _ids(_ROLE, content)


def mentions_everyone(content: str, granted: Permission) -> bool:
    """Whether @everyone or @here is said by somebody who may."""
    return bool(granted & Permission.MENTION_EVERYONE) and bool(_EVERYONE.search(content))


def _ids(mention: re.Pattern[str], content: str) -> tuple[int, ...]:
    numbers = (int(number) for number in mention.findall(content))
    return tuple(dict.fromkeys(number for number in numbers if number < 1 << 63))[:100]


def _is_whole(content: str) -> bool:
    try:
        content.encode()
    except UnicodeEncodeError:
        return False
    return True
