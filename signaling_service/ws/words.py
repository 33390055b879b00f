"""LiveKit's messages from our objects, and ours from theirs. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from livekit.protocol import models, rtc

from contracts.rpc.media import IceServer, LayerSpec, LayerWish, Manner, Quality, Source, TrackKind
from contracts.rpc.media_news import Rating
from contracts.wire import JSON
from signaling_service.hall.hall import sid
from signaling_service.hall.rooms import Guest, Room, Track, Why

VERSION = "1.9.0"
"""Clients switch features by this: from 1.8.0 on remote calls, above 1.13.6 codecs that we do not
forward.
"""
PROTOCOL = 15
PING_S, PING_TIMEOUT_S = 5, 15
_FEATURES_MOST = 16
CODECS = ("audio/opus", "video/VP8", "video/H264")

_SOURCES = {
    Source.UNKNOWN: models.TrackSource.UNKNOWN,
    Source.MICROPHONE: models.TrackSource.MICROPHONE,
    Source.CAMERA: models.TrackSource.CAMERA,
    Source.SCREEN: models.TrackSource.SCREEN_SHARE,
    Source.SCREEN_AUDIO: models.TrackSource.SCREEN_SHARE_AUDIO,
}
_OURS = {int(theirs): ours for ours, theirs in _SOURCES.items()}
_QUALITIES = {
    Quality.LOW: models.VideoQuality.LOW,
    Quality.MEDIUM: models.VideoQuality.MEDIUM,
    Quality.HIGH: models.VideoQuality.HIGH,
}
_OUR_QUALITIES = {theirs: ours for ours, theirs in _QUALITIES.items()}
_RATINGS = {
    Rating.EXCELLENT: models.ConnectionQuality.EXCELLENT,
    Rating.GOOD: models.ConnectionQuality.GOOD,
    Rating.POOR: models.ConnectionQuality.POOR,
    Rating.LOST: models.ConnectionQuality.LOST,
}
_MIMES = {"opus": "audio/opus", "vp8": "video/VP8", "h264": "video/H264"}
_BACK = rtc.LeaveRequest.Action.RECONNECT
_OUT = rtc.LeaveRequest.Action.DISCONNECT
_ENDS = {
    Why.LEFT: (models.DisconnectReason.CLIENT_INITIATED, _OUT),
    Why.DUPLICATE: (models.DisconnectReason.DUPLICATE_IDENTITY, _OUT),
    Why.MOVED: (models.DisconnectReason.PARTICIPANT_REMOVED, _OUT),
    Why.REMOVED: (models.DisconnectReason.PARTICIPANT_REMOVED, _OUT),
    Why.CLOSED: (models.DisconnectReason.ROOM_DELETED, _OUT),
    Why.STOPPING: (models.DisconnectReason.SERVER_SHUTDOWN, _BACK),
    Why.MEDIA_LOST: (models.DisconnectReason.STATE_MISMATCH, _BACK),
}


def join(room: Room, guest: Guest, *, node: str, region: str) -> rtc.SignalResponse:
    """The first word of the server."""
    return rtc.SignalResponse(
        join=rtc.JoinResponse(
            room=room_of(room),
            participant=participant(guest),
            other_participants=[participant(one) for one in room.seen_by(guest)],
            server_version=VERSION,
            server_info=models.ServerInfo(
                version=VERSION, protocol=PROTOCOL, region=region, node_id=node
            ),
            ice_servers=ice(guest.ice_servers),
            subscriber_primary=guest.manner is Manner.TWO,
            fast_publish=False,
            ping_interval=PING_S,
            ping_timeout=PING_TIMEOUT_S,
            sif_trailer=room.sid.encode(),
            enabled_publish_codecs=[models.Codec(mime=mime) for mime in CODECS],
        )
    )


def back(guest: Guest) -> rtc.SignalResponse:
    """The first word to somebody who came back."""
    info = models.ServerInfo(version=VERSION, protocol=PROTOCOL)
    return rtc.SignalResponse(
        reconnect=rtc.ReconnectResponse(ice_servers=ice(guest.ice_servers), server_info=info)
    )


def leave(why: Why) -> rtc.SignalResponse:
    """The last word."""
    reason, action = _ENDS[why]
    return rtc.SignalResponse(
        leave=rtc.LeaveRequest(reason=reason, action=action, can_reconnect=action == _BACK)
    )


def ice(servers: Iterable[IceServer]) -> list[rtc.ICEServer]:
    """Where a client finds help through its router."""
    return [
        rtc.ICEServer(urls=list(one.urls), username=one.username, credential=one.credential)
        for one in servers
    ]


def room_of(room: Room) -> models.Room:
    """A room."""
    return models.Room(
        sid=room.sid,
        name=room.name,
        creation_time=room.created_ms // 1000,
        creation_time_ms=room.created_ms,
        empty_timeout=room.empty_s,
        departure_timeout=room.departure_s,
        max_participants=room.capacity,
        metadata=room.metadata,
        num_participants=len(room.guests),
        active_recording=bool(room.recording),
        num_publishers=sum(bool(one.tracks) for one in room.guests.values()),
        enabled_codecs=[models.Codec(mime=mime) for mime in CODECS],
    )


def participant(guest: Guest) -> models.ParticipantInfo:
    """Somebody in a room."""
    states = models.ParticipantInfo.State
    state = states.ACTIVE if guest.is_active else states.JOINED
    return models.ParticipantInfo(
        sid=guest.sid,
        identity=guest.identity,
        state=states.DISCONNECTED if guest.is_gone else state,
        tracks=[track_of(one) for one in guest.tracks.values()],
        metadata=guest.metadata,
        joined_at=guest.joined_ms // 1000,
        joined_at_ms=guest.joined_ms,
        name=guest.name,
        version=guest.version,
        permission=permission(guest),
        is_publisher=bool(guest.tracks),
        attributes=guest.attributes,
    )


def permission(guest: Guest) -> models.ParticipantPermission:
    """What a client may offer its person. That somebody is deafened is not said here: clients would
    let go of every track.
    """
    media = guest.media_rights()
    return models.ParticipantPermission(
        can_subscribe=True,
        can_publish=media.may_publish,
        can_publish_data=guest.may_send_data,
        can_publish_sources=[_SOURCES[one] for one in media.sources],
        hidden=guest.is_hidden,
    )


def track_of(track: Track) -> models.TrackInfo:
    """Something published."""
    mime = _MIMES.get(track.codec, "audio/opus" if track.kind is TrackKind.AUDIO else "")
    layers = [_layer(one) for one in track.layers]
    is_video = track.kind is TrackKind.VIDEO
    return models.TrackInfo(
        sid=track.sid,
        type=models.TrackType.VIDEO if is_video else models.TrackType.AUDIO,
        source=_SOURCES[track.source],
        name=track.name,
        muted=track.is_silent,
        width=track.width,
        height=track.height,
        simulcast=len(track.layers) > 1,
        layers=layers,
        mime_type=mime,
        codecs=[models.SimulcastCodecInfo(mime_type=mime, cid=track.cid, layers=layers)],
        stereo=track.stereo,
        disable_dtx=not track.dtx,
        disable_red=not track.red,
        encryption=track.encryption,  # type: ignore[arg-type]
        stream=track.stream,
        packet_trailer_features=track.trailers,  # type: ignore[arg-type]
        audio_features=track.features,  # type: ignore[arg-type]
    )


def source_from(told: int) -> Source:
    """What a track shows."""
    return _OURS.get(told, Source.UNKNOWN)


def track_from(asked: rtc.AddTrackRequest) -> Track:
    """What a client wants to publish."""
    kind = TrackKind.VIDEO if asked.type == models.TrackType.VIDEO else TrackKind.AUDIO
    codecs = tuple((one.codec.lower(), one.cid) for one in asked.simulcast_codecs)
    first = codecs[0][0] if codecs else ""
    layers = asked.layers or (asked.simulcast_codecs[0].layers if asked.simulcast_codecs else ())
    return Track(
        sid=sid("TR"),
        cid=asked.cid,
        kind=kind,
        source=source_from(asked.source),
        name=asked.name[:256],
        codec=first.removeprefix("video/").removeprefix("audio/"),
        is_muted=asked.muted,
        width=asked.width,
        height=asked.height,
        layers=tuple(_layer_from(one) for one in layers if one.quality in _OUR_QUALITIES),
        stereo=asked.stereo,
        dtx=not asked.disable_dtx,
        red=not asked.disable_red and not asked.encryption,
        encryption=int(asked.encryption),
        codecs=codecs,
        stream=asked.stream[:256],
        trailers=tuple(asked.packet_trailer_features[:_FEATURES_MOST]),
        features=tuple(asked.audio_features[:_FEATURES_MOST]),
    )


def wishes_from(asked: rtc.UpdateTrackSettings) -> tuple[LayerWish, ...]:
    """How a client wants to see."""
    return tuple(
        LayerWish(
            track=one,
            is_paused=asked.disabled,
            # A size says it better; without one, LOW is also what nobody has said.
            quality=None if asked.width else _OUR_QUALITIES.get(asked.quality),
            width=asked.width,
            height=asked.height,
            fps=asked.fps,
            priority=asked.priority,
        )
        for one in asked.track_sids[:1000]
    )


def speakers(told: Iterable[tuple[Guest, float, bool]]) -> rtc.SignalResponse:
    """Who speaks."""
    found = [models.SpeakerInfo(sid=one.sid, level=level, active=on) for one, level, on in told]
    return rtc.SignalResponse(speakers_changed=rtc.SpeakersChanged(speakers=found))


def qualities(told: Iterable[tuple[Guest, Rating, float]]) -> rtc.SignalResponse:
    """How good connections are."""
    found = [
        rtc.ConnectionQualityInfo(
            participant_sid=one.sid, quality=_RATINGS[rating], score=score * 5
        )
        for one, rating, score in told
    ]
    return rtc.SignalResponse(connection_quality=rtc.ConnectionQualityUpdate(updates=found))


def layers(track: Track, wanted: Iterable[str]) -> rtc.SignalResponse:
    """Which layers anybody wants."""
    enabled = set(wanted)
    found = [
        rtc.SubscribedQuality(quality=theirs, enabled=ours.value in enabled)
        for ours, theirs in _QUALITIES.items()
    ]
    codec = rtc.SubscribedCodec(codec=track.codec, qualities=found)
    update = rtc.SubscribedQualityUpdate(
        track_sid=track.sid, subscribed_qualities=found, subscribed_codecs=[codec]
    )
    return rtc.SignalResponse(subscribed_quality_update=update)


def candidate_from(told: JSON) -> tuple[str, str | None, int | None]:
    """A candidate as browsers write it."""
    line, mid = told.get("sdpMLineIndex"), told.get("sdpMid")
    return (
        str(told.get("candidate") or "")[:1024],
        str(mid) if mid is not None else None,
        line if isinstance(line, int) else None,
    )


def _layer(one: LayerSpec) -> models.VideoLayer:
    return models.VideoLayer(
        quality=_QUALITIES[one.quality], width=one.width, height=one.height, bitrate=one.bitrate
    )


def _layer_from(one: models.VideoLayer) -> LayerSpec:
    return LayerSpec(
        quality=_OUR_QUALITIES[one.quality],
        width=one.width,
        height=one.height,
        bitrate=one.bitrate,
        rid=one.rid,
    )
