"""Cords: bots hear others and are heard, and nobody is heard in another's name."""

from __future__ import annotations

import random

import pytest

from contracts.errors import Invalid
from contracts.rpc import media, media_cords, media_news
from contracts.rpc.media import Rights
from contracts.rpc.media_cords import AES, XCHACHA
from media_sfu.cords import SILENCE
from tests.service.media_sfu.bot import Bot
from tests.service.media_sfu.stand import Stand, Tone, standing


def received(stand: Stand, track: str) -> int:
    """Packets that were believed."""
    return stand.worker.rooms.room("room").tracks[track].layers[""].intake.received


async def test_two_bots_hear_each_other_and_silence_when_one_pauses() -> None:
    async with standing() as stand:
        jun = await Bot.at(stand, "jun", mode=XCHACHA)
        await stand.expect(media_news.TrackUp, participant="jun", track="juns-voice")
        mina = await Bot.at(stand, "mina", mode=AES)
        for number in range(5):
            jun.says(b"jun %d" % number)
            mina.says(b"mina %d" % number)
        await stand.until(lambda: len(mina.payloads("juns-voice")) == 10)
        await stand.until(lambda: len(jun.payloads("minas-voice")) == 10)
        assert mina.payloads("juns-voice") == [b"jun %d" % n for n in range(5)] + [SILENCE] * 5
        jun.says(b"again")
        await stand.until(lambda: b"again" in mina.payloads("juns-voice"))
        first, *others = mina.heard[:11]
        numbers = [each.number - first.number & 0xFFFF for each in mina.heard[:11]]
        assert numbers == list(range(11))
        stamps = [each.stamp - first.stamp & 0xFFFFFFFF for each in others]
        assert stamps == sorted(stamps)
        assert {each.ssrc for each in mina.heard} == {media_cords.heard_as("juns-voice")}
        assert first.ssrc != jun.laid.ssrc


async def test_a_bot_is_heard_by_a_browser_and_hears_it_until_it_may_not() -> None:
    async with standing() as stand:
        mina = await stand.join("mina")
        await mina.publish(Tone(), "voice")
        bot = await Bot.at(stand, "bot")
        await stand.until(lambda: len(bot.payloads("voice")) > 5)
        await mina.publish(Tone(), "secret", encryption="1")
        await stand.expect(media_news.TrackUp, track="secret")
        assert [
            each.name for each in stand.worker.rooms.room("room").tracks.values() if each.ears
        ] == ["voice"]
        await bot.ask(media.SetRights, rights=Rights(may_listen=False))
        assert not stand.worker.rooms.room("room").tracks["voice"].ears
        downs = stand.worker.rooms.seat("room", "mina").downs

        def is_heard() -> bool:
            bot.says(b"\xfc\xff\xfe")
            return downs["bots-voice"].sent.packets > 5

        await stand.until(is_heard)
        await stand.until(lambda: any(each.participant == "bot" for each in stand.spoken))
        await bot.ask(media.SetRights, rights=Rights(may_publish=False))
        await stand.expect(media_news.TrackDown, participant="bot", track="bots-voice")
        await bot.ask(media.LeaveRoom)
        port = stand.worker.port
        assert not port.by_ssrc
        assert bot.transport.get_extra_info("sockname") not in port.by_address


async def test_replayed_forged_and_foreign_packets_are_not_heard() -> None:
    async with standing() as stand:
        jun = await Bot.at(stand, "jun")
        mina = await Bot.at(stand, "mina")
        first = jun.says(b"once")
        await stand.until(lambda: received(stand, "juns-voice") == 1)
        jun.transport.sendto(first)  # replayed
        mina.transport.sendto(jun.sealed(b"stolen"))  # from another address
        mina.says(b"in his name", ssrc=jun.laid.ssrc)
        mina.says(b"in his name", ssrc=media_cords.heard_as("juns-voice"))
        jun.transport.sendto(jun.sealed(b"torn")[:-1])
        dice = random.Random(5)
        for _ in range(500):
            jun.transport.sendto(
                dice.choice((b"\x80\x78", b"")) + dice.randbytes(dice.randrange(99))
            )
        jun.says(b"last")
        mina.says(b"last")
        await stand.until(lambda: received(stand, "minas-voice") == 1)
        await stand.until(lambda: b"last" in mina.payloads("juns-voice"))
        spoken = [one for one in mina.payloads("juns-voice") if one != SILENCE]
        assert spoken == [b"once", b"last"]


async def test_a_bot_that_its_router_moved_is_followed_and_nobody_who_pretends_to_be_it() -> None:
    async with standing() as stand:
        jun, mina = await Bot.at(stand, "jun"), await Bot.at(stand, "mina")
        old = jun.transport
        first = jun.says(b"before")
        await stand.until(lambda: received(stand, "juns-voice") == 1)
        for forged in (first, jun.sealed(b"forged")[:-5] + bytes(5)):
            await jun.binds()
            jun.transport.sendto(forged)
        await stand.until(lambda: stand.worker.port.received and _tried(stand, "jun") == 2)
        mina.says(b"to where he was")
        await stand.until(lambda: b"to where he was" in jun.payloads("minas-voice"))
        await jun.binds()
        old.close()
        jun.says(b"after")
        await stand.until(lambda: b"after" in mina.payloads("juns-voice"))
        mina.says(b"to where he is")
        await stand.until(lambda: b"to where he is" in jun.payloads("minas-voice"))
        assert old.get_extra_info("sockname") not in stand.worker.port.by_address


def _tried(stand: Stand, name: str) -> int:
    """Packets that nobody's key opened."""
    cord = stand.worker.rooms.seat("room", name).cord
    assert cord is not None
    return cord.unproven


async def test_nothing_is_sent_to_where_nobody_was_seen() -> None:
    async with standing() as stand:
        jun, mina = Bot(stand, "jun"), Bot(stand, "mina")
        await jun.opens()
        await mina.opens()
        his, hers = await jun.discovers(), await mina.discovers()
        for host, port in (hers, ("192.0.2.1", 53), ("nowhere", 1)):
            with pytest.raises(Invalid):
                await jun.ask(media_cords.KeyCord, mode=AES, host=host, port=port)
        with pytest.raises(Invalid):
            await jun.ask(media_cords.KeyCord, mode="plain", host=his[0], port=his[1])
        await jun.ties(his)
