"""A dump becomes a film, in a process of its own: packets are put together to frames, and frames
into a container, as they are. Nothing is decoded or encoded.

    python -m media_sfu.recording make FOLDER        prints what was made, as JSON
    python -m media_sfu.recording send FILE LINK
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson

from contracts.wire import JSON
from media_sfu.domain import cutting, dump
from media_sfu.domain.assembling import Frame, vp8_size
from media_sfu.domain.cutting import Key, Survey
from media_sfu.domain.dump import Described, Record

DUMP = "packets"
_MEMORY_BYTES = 1 << 30
_SMALL = frozenset(("opus", "vp8", "vp9", "av1"))
"""What WebM takes; with anything else it is Matroska."""
_MS = Fraction(1, 1000)


def main() -> None:
    """What the first argument says."""
    os.nice(19)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.argv[1] == "send":
        from media_sfu.recording.sending import send

        send(Path(sys.argv[2]), sys.argv[3])
        return
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    sys.stdout.buffer.write(orjson.dumps(make(Path(sys.argv[2]))))


def make(folder: Path) -> JSON:
    """The film of a dump, beside it; what it is. Of nothing there is no film."""
    found = cutting.survey(_read(folder))
    told: JSON = {"seconds": round(found.ends, 3), "film": None, "size": 0, "tracks": []}
    if not found.firsts:
        return told
    is_small = all(key[3] in _SMALL for key in found.firsts)
    film = folder / ("recording.webm" if is_small else "recording.mkv")
    told["tracks"] = _write(folder, film, found, "webm" if is_small else "matroska")
    return {**told, "film": film.name, "size": film.stat().st_size}


def _read(folder: Path) -> Iterator[Record]:
    with (folder / DUMP).open("rb") as source:
        yield from dump.records(source)


def _write(folder: Path, film: Path, found: Survey, form: str) -> list[JSON]:
    import av

    av.logging.set_level(None)
    told: dict[Key, JSON] = {}
    templates = _Templates()
    with av.open(str(film), "w", format=form) as container:
        streams: dict[Key, Any] = {}
        for key, first in _ordered(found):
            what = found.described[key]
            streams[key] = templates.stream(container, what, first)
            streams[key].metadata["title"] = f"{what.name or what.identity} · {what.source}"
            told[key] = {
                "number": len(told) + 1,
                "identity": what.identity,
                "name": what.name,
                "source": what.source,
                "kind": what.kind,
                "codec": what.codec,
                "frames": 0,
            }
        container.start_encoding()
        for shown in cutting.cut(_read(folder), found):
            packet = av.Packet(shown.data)
            packet.stream, packet.time_base = streams[shown.key], _MS
            packet.pts = packet.dts = shown.at_ms
            packet.is_keyframe = shown.is_key
            container.mux(packet)
            one = told[shown.key]
            one["frames"] += 1
            one.setdefault("from", shown.at_ms / 1000)
            one["to"] = shown.at_ms / 1000
    templates.close()
    return list(told.values())


def _ordered(found: Survey) -> list[tuple[Key, Frame]]:
    """Voices first, as players begin with the first of each kind."""
    return sorted(found.firsts.items(), key=lambda each: (each[0][2] != "audio", each[1].at))


class _Templates:
    """How streams begin that nobody encodes here: taken from tiny files that say it."""

    def __init__(self) -> None:
        self._open: list[Any] = []

    def stream(self, container: Any, what: Described, first: Frame) -> Any:
        """A track of the film."""
        if what.codec == "vp8":
            width, height = vp8_size(first.data)
            made = container.add_mux_stream("vp8", rate=30, width=width, height=height)
        else:
            source = _voice() if what.codec == "opus" else BytesIO(first.data)
            made = container.add_stream_from_template(self._first(source, what.codec))
        made.time_base = _MS
        return made

    def _first(self, source: BytesIO, codec: str) -> Any:
        import av

        opened = av.open(source, "r", format="webm" if codec == "opus" else "h264")
        self._open.append(opened)
        return opened.streams[0]

    def close(self) -> None:
        """They are not needed any more."""
        for each in self._open:
            each.close()


def _voice() -> BytesIO:
    """A moment of silence: its container says what players want to know of Opus."""
    import av

    out = BytesIO()
    with av.open(out, "w", format="webm") as container:
        stream: Any = container.add_stream("libopus", rate=48_000, layout="stereo")
        frame = av.AudioFrame(format="s16", layout="stereo", samples=960)
        frame.sample_rate, frame.pts = 48_000, 0
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    out.seek(0)
    return out
