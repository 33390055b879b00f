"""Texts as rules compare them: what looks the same is the same. Widths and cases are one, marks and
what nobody sees are gone, and Korean that was taken apart is put together again.
"""

from __future__ import annotations

import re
import unicodedata

_FIRSTS, _VOWELS, _FINALS = 0x1100, 0x1161, 0x11A7
_COMPATIBLE_FINALS = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_FINAL_OF = {
    unicodedata.normalize("NFKD", letter): chr(_FINALS + 1 + at)
    for at, letter in enumerate(_COMPATIBLE_FINALS)
}
_VOWEL = "[\u1161-\u1175]"
_FIRST = "[\u1100-\u1112]"
_LOOSE_FINAL = re.compile(f"(?<={_VOWEL})({_FIRST})(?!{_VOWEL})")
_LOOSE = re.compile("[\u3131-\u3163\uffa0-\uffdc\u1100-\u11ff]")
_BLANKS = re.compile(r"\s+")
_UNSEEN = frozenset({"Mn", "Me", "Cf"})
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")


def forms(text: str) -> tuple[str, ...]:
    """The text in the forms in which it is looked at: as it stands, and with loose letters of
    Korean put together, where there are any.
    """
    if text.isascii():
        return (_BLANKS.sub(" ", text.lower()),)
    apart = unicodedata.normalize("NFKD", text.casefold())
    seen = "".join(one for one in apart if _is_seen(one))
    stands = _BLANKS.sub(" ", unicodedata.normalize("NFC", seen)).casefold()
    if not _LOOSE.search(text):
        return (stands,)
    joined = _LOOSE_FINAL.sub(lambda found: _FINAL_OF.get(found[1], found[1]), seen)
    together = _BLANKS.sub(" ", unicodedata.normalize("NFC", joined)).casefold()
    return (stands, together) if together != stands else (stands,)


def _is_seen(sign: str) -> bool:
    return sign not in _FILLERS and unicodedata.category(sign) not in _UNSEEN
