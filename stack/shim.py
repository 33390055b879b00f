"""Turns into another program that ends when its parent ends.

python -I -S shim.py SIGNAL PARENT_PID DROP PROGRAM ARGUMENT...

SIGNAL is what the kernel sends when the parent dies. DROP=1: the program refuses to run as root
(PostgreSQL looks at the effective uid), so root becomes "nobody" inside a user namespace, which
changes no owner and no mode; where namespaces are refused, the folders named in SHIM_OWN are given
to nobody and the user is changed for good. Imports nothing of ours: it runs without the package.
"""

import os
import sys

_NOBODY = 65534
_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1


def _own(uid: int, gid: int) -> None:
    for top in filter(None, os.environ.get("SHIM_OWN", "").split(os.pathsep)):
        if os.lstat(top).st_uid == uid:
            continue
        os.lchown(top, uid, gid)
        for folder, folders, files in os.walk(top):
            for name in folders + files:
                os.lchown(os.path.join(folder, name), uid, gid)


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def _drop(libc) -> None:  # type: ignore[no-untyped-def]
    uid, gid = os.geteuid(), os.getegid()
    _own(uid, gid)  # inside the namespace an owner outside its map could not be changed
    if libc.unshare(_CLONE_NEWUSER) == 0:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{_NOBODY} {uid} 1")
        _write("/proc/self/gid_map", f"{_NOBODY} {gid} 1")
        return
    import pwd

    nobody = pwd.getpwnam("nobody")
    _own(nobody.pw_uid, nobody.pw_gid)
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)


def main() -> None:
    """Become the program."""
    number, parent, drop = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "1"
    if sys.platform.startswith("linux"):
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
        if drop and os.geteuid() == 0:
            _drop(libc)
        # After the change of user, which clears it.
        libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit(1)
    os.execv(sys.argv[4], sys.argv[4:])  # noqa: S606


if __name__ == "__main__":
    main()
