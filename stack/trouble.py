"""What goes wrong for the person at the keyboard: one sentence, and the mend. Never a traceback."""

from __future__ import annotations

import errno


class Trouble(Exception):
    """An expected failure, told in one sentence, with what to do about it."""

    def __init__(self, sentence: str, mend: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.sentence} {self.mend}".rstrip()


def told(error: OSError) -> Trouble:
    """The sentence for an error of the operating system."""
    what = error.filename or "the disk"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Trouble(f"No space is left on the disk of {what}.", DISK_MEND)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return Trouble(
            f"{what} may not be written by this user.",
            "Give it to this user, or choose another folder with MOIM_HOME.",
        )
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return Trouble("Too many files are open.", "Raise the limit: ulimit -n 8192.")
    return Trouble(f"The system refused: {error}.", "Run ./moim doctor.")


DISK_MEND = "Make room, or choose a folder on another disk with MOIM_HOME."
"""What helps on a full disk."""
