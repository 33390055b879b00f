"""What people, bots and applications may call themselves, and when two names are the same."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

from contracts.limits import APPLICATION_NAME_MAX, GLOBAL_NAME_MAX, USERNAME_MAX, USERNAME_MIN
from user_service.domain.fields import Wrong, bad_length

DESCRIPTION_MAX = 400
DELETED = "deleted_user_"
"""With a snowflake it is as long as a username may be; takes the place of a name given free."""

_MARKS_IN_A_ROW = 4
_RESERVED = frozenset({"everyone", "here", "system", "moim", "모임", "deleteduser"})
# Of the letters that reserved names are made of: Cyrillic, Greek, Armenian and others that look so
# (a part of Unicode's confusables, folded), and the digits that stand in for letters.
_TWINS = {
    "d": "ԁɗ",
    "e": "еєҽεɛ3",
    "h": "һհ",
    "i": "іιıɩӏl1|ⅼ",
    "m": "мⅿ",
    "n": "ոռп",
    "o": "оοσօ0ө",
    "r": "гᴦ",
    "s": "ѕꜱ5",
    "t": "тτᴛ7",
    "u": "υսц",
    "v": "νѵ",
    "y": "уүγყ",
}
_LOOKS_LIKE = {ord(twin): letter for letter, twins in _TWINS.items() for twin in twins}
_FORBIDDEN = frozenset("@#:`")

# Letters, symbols and marks that show nothing: fillers of Hangul, the grapheme joiner, selectors of
# variants, the blank Braille pattern, the null note head.
_BLANK = frozenset(
    "\u115f\u1160\u3164\uffa0\u034f\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\U0001d159"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Emoji are made of these as well.
_PARTS_OF_EMOJI = str.maketrans("", "", "\u200d\ufe0f")


def username(raw: str) -> str:
    """A unique name as it is kept and shown."""
    _check_characters(raw)
    name = " ".join(unicodedata.normalize("NFC", raw).split())
    compatible = unicodedata.normalize("NFKC", name)
    _check_characters(compatible)
    if not _FORBIDDEN.isdisjoint(compatible):
        raise Wrong("USERNAME_INVALID_CONTAINS", "Cannot contain any of @ # : `")
    _check_shape(name, USERNAME_MIN, USERNAME_MAX)
    if skeleton(name) in _LIKE_RESERVED or key(name).startswith(DELETED):
        raise Wrong("USERNAME_INVALID_RESERVED", "This name is reserved.")
    return name


def global_name(raw: str) -> str:
    """The name that is shown; anybody may have the same."""
    return _shown(raw, 1, GLOBAL_NAME_MAX)


def line(raw: str, most: int) -> str:
    """A short text beside a name; it may be empty."""
    return _shown(raw, 1, most) if raw.strip() else ""


def application(raw: str) -> str:
    """The name of an application."""
    return _shown(raw, USERNAME_MIN, APPLICATION_NAME_MAX)


def description(raw: str, most: int = DESCRIPTION_MAX) -> str:
    """Free text of several lines."""
    text = raw.replace("\r\n", "\n").strip()
    if any(unicodedata.category(sign) in {"Cc", "Cs"} and sign not in "\n\t" for sign in text):
        raise Wrong("NAME_INVALID_CHARACTERS", "Contains characters that texts may not have.")
    if len(text) > most:
        raise bad_length(0, most)
    return text


def key(name: str) -> str:
    """Two usernames with the same key are the same: toNFKC_Casefold of the Unicode standard."""
    folded = unicodedata.normalize("NFD", name).casefold()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", folded).casefold())


def skeleton(name: str) -> str:
    """What a name reads as at a glance: letters of other scripts and digits as the Latin letters
    that they look like, without marks and separators.
    """
    bare = (
        sign
        for sign in unicodedata.normalize("NFKD", key(name))
        if unicodedata.category(sign)[0] in "LN"
    )
    return unicodedata.normalize("NFC", "".join(bare)).translate(_LOOKS_LIKE)


def lookup_key(raw: str) -> str | None:
    """The key of what somebody typed as their username; None if it can be nobody's."""
    try:
        return key(username(raw))
    except Wrong:
        return None


def candidates(base: str, roll: Callable[[], int]) -> Iterator[str]:
    """Usernames made from another name: itself, then with endings from the dice, ever longer."""
    signs = unicodedata.normalize("NFC", base)
    kept = (sign for sign in signs if sign not in _FORBIDDEN and not _is_hidden(sign))
    stem = " ".join("".join(kept).split())
    while True:
        for digits in (0, 4, 4, 6, 8, 10):
            ending = f"{roll() % 10**digits:0{digits}d}" if digits else ""
            name = f"{stem[: USERNAME_MAX - digits]}{ending}"
            if lookup_key(name) is not None:
                yield name
        stem = "user"


def _shown(raw: str, least: int, most: int) -> str:
    _check_characters(raw.translate(_PARTS_OF_EMOJI))
    name = " ".join(unicodedata.normalize("NFC", raw).split())
    _check_shape(name, least, most)
    return name


def _is_pictograph(sign: str) -> bool:
    # Emoji younger than the Unicode tables of the interpreter count as unassigned there.
    return "\U0001f000" <= sign <= "\U0001faff"


def _is_hidden(sign: str) -> bool:
    return sign in _BLANK or (unicodedata.category(sign) in _HIDDEN and not _is_pictograph(sign))


def _check_characters(name: str) -> None:
    if any(_is_hidden(sign) for sign in name):
        raise Wrong("NAME_INVALID_CHARACTERS", "Contains characters that names may not have.")


def _check_shape(name: str, least: int, most: int) -> None:
    if not least <= len(name) <= most:
        raise bad_length(least, most)
    if not any(unicodedata.category(sign)[0] in "LNPS" or _is_pictograph(sign) for sign in name):
        raise Wrong("NAME_INVISIBLE", "Must contain something visible.")
    marks = 0
    for sign in unicodedata.normalize("NFD", name):
        marks = marks + 1 if unicodedata.category(sign) in {"Mn", "Me"} else 0
        if marks > _MARKS_IN_A_ROW:
            raise Wrong("NAME_TOO_MANY_MARKS", f"At most {_MARKS_IN_A_ROW} marks on a letter.")


_LIKE_RESERVED = frozenset(map(skeleton, _RESERVED))
