"""A client of the plain protocol in a hundred lines: a WebSocket, and aiortc's peer connection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack
from websockets.asyncio.client import ClientConnection, connect

Frame = dict[str, Any]


class Plain:
    """One participant."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.received: list[str] = []
        """Kinds of tracks that arrived."""
        self.packets = 0
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._peer.on("track", self._got)
        self._socket: ClientConnection | None = None
        self._offer = 0
        self._changed = asyncio.Condition()
        self._tasks: list[asyncio.Task[Any]] = []
        self._told: list[Frame] = []

    async def open(self, endpoint: str) -> None:
        """The WebSocket alone."""
        self._socket = await connect(f"{endpoint}/signal", compression=None)
        self._tasks.append(asyncio.create_task(self._read(self._socket)))

    async def says(self, frame: Frame | str) -> None:
        """One frame, of whatever form."""
        assert self._socket is not None
        await self._socket.send(frame if isinstance(frame, str) else json.dumps(frame))

    async def joins(self, token: str) -> Frame:
        """Come in; what is said first."""
        await self.says({"type": "join", "token": token})
        return await self.expect("created", "joined", "full", "error")

    async def speaks(self) -> None:
        """Publish a microphone that is silent."""
        track = AudioStreamTrack()
        self._peer.addTrack(track)
        self._told = [{"cid": track.id, "kind": "audio"}]
        await self.offers()

    async def offers(self) -> None:
        """One offer and its answer. Candidates are in the SDP, as aiortc gathers them first."""
        self._offer += 1
        await self._peer.setLocalDescription(await self._peer.createOffer())
        sdp = self._peer.localDescription.sdp
        await self.says({"type": "offer", "id": self._offer, "sdp": sdp, "tracks": self._told})
        answer = await self.expect("answer", where=lambda f: f["id"] == self._offer)
        await self._peer.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))

    def described(self) -> str:
        """The newest offer."""
        return str(self._peer.localDescription.sdp)

    async def hears_more(self) -> None:
        """Follow the newest wish for an offer."""
        wanted = await self.expect("offer_wanted")
        for kind in ("audio",) * wanted["audios"] + ("video",) * wanted["videos"]:
            self._peer.addTransceiver(kind, direction="recvonly")
        await self.offers()

    async def expect(self, *types: str, where: Callable[[Frame], bool] = lambda f: True) -> Frame:
        """The first frame of these types that fits, past or future."""

        def found() -> Frame | None:
            return next((f for f in self.frames if f["type"] in types and where(f)), None)

        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(lambda: found() is not None)
        frame = found()
        assert frame is not None
        return frame

    async def hears(self, count: int) -> None:
        """Wait for so many decoded frames of sound."""
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(lambda: self.packets >= count)

    async def leave(self) -> None:
        """Close everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()
        await self._peer.close()

    def _got(self, track: MediaStreamTrack) -> None:
        self.received.append(track.kind)
        self._tasks.append(asyncio.create_task(self._listen(track)))

    async def _listen(self, track: MediaStreamTrack) -> None:
        while True:
            await track.recv()
            async with self._changed:
                self.packets += 1
                self._changed.notify_all()

    async def _read(self, socket: ClientConnection) -> None:
        async for said in socket:
            async with self._changed:
                self.frames.append(json.loads(said))
                self._changed.notify_all()
