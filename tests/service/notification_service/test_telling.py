"""Whom a push reaches, and whom it does not, from an event to what a browser reads."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contracts import topics
from contracts.events.base import Inside, Route, pack
from contracts.events.member import MemberRemove
from contracts.events.settings import UserGuildSettingsUpdate
from contracts.ids import ChannelId, GuildId, MessageId, UserId
from contracts.objects.reading import ReadState
from contracts.objects.scheduled_event import EventStatus
from contracts.objects.settings import ChannelNotifications, GuildNotifications, NotifyLevel
from contracts.objects.thread import ThreadMember
from contracts.rpc.presence import Attention
from tests.service.notification_service.house import SINCE, House, fresh, user

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_e6_a_direct_message_says_who_and_what_and_leads_there(house: House) -> None:
    """seeds.md E6: real names instead of constant labels."""
    mina, channel = house.person(), fresh()
    browser = await house.browser(mina)
    author = fresh()
    message = house.says(author, channel, "are you there?", to=(mina,))
    (push,) = await house.arrives(browser)
    assert (push["title"], push["body"]) == (f"user{author}", "are you there?")
    assert push["link"] == f"https://moim.example/channels/@me/{channel}/{message}"
    assert push["badge"] == 1
    assert push["data"] == {
        "kind": "dm",
        "path": f"/channels/@me/{channel}/{message}",
        "channel_id": str(channel),
        "message_id": str(message),
    }
    (headers,) = browser.headers
    assert (headers["urgency"], headers["topic"]) == ("high", f"c{channel}")


async def test_every_message_of_a_community_is_told_to_who_set_nothing(house: House) -> None:
    mina, jun = house.person(), house.person(locale="ko")
    guild = house.guild(mina, jun, name="책모임")
    to_mina, to_jun = await house.browser(mina), await house.browser(jun)
    house.says(mina, house.general(guild), "hello all", guild=guild)
    (push,) = await house.arrives(to_jun)
    assert push["title"] == f"user{mina} (#general, 책모임)"
    assert push["data"]["guild_id"] == str(guild.id)
    await house.nothing_but(mina, to_mina)


async def test_a12_a_closed_channel_is_told_to_who_sees_it_now(house: House) -> None:
    """seeds.md A12: permission now, not membership."""
    mina, jun, role = house.person(), house.person(), fresh()
    guild = house.guild(mina, jun)
    staff = house.closed(guild, role)
    house.member(guild, mina, role)
    to_mina, to_jun = await house.browser(mina), await house.browser(jun)
    house.says(fresh(), staff, "not for everybody", guild=guild, mention_everyone=True)
    (push,) = await house.arrives(to_mina)
    assert push["title"].endswith("(#staff, Book club)")
    await house.nothing_but(jun, to_jun)


async def test_b7_nobody_is_pushed_for_what_they_look_at(house: House) -> None:
    """seeds.md B7."""
    mina, jun = house.person(), house.person()
    guild = house.guild(mina, jun)
    to_mina, to_jun = await house.browser(mina), await house.browser(jun)
    looking = Attention(
        user_id=UserId(mina), focus=(ChannelId(house.general(guild)),), is_active=True
    )
    house.neighbours.attentions[mina] = looking
    house.says(fresh(), house.general(guild), "look here", guild=guild)
    await house.arrives(to_jun)
    del house.neighbours.attentions[mina]
    await house.nothing_but(mina, to_mina)


async def test_who_is_awake_elsewhere_reads_it_there_first(house: House) -> None:
    mina, channel = house.person(), fresh()
    browser = await house.browser(mina)
    house.neighbours.attentions[mina] = Attention(user_id=UserId(mina), is_active=True)
    message = house.says(fresh(), channel, "a moment", to=(mina,))
    waiting = await house.noted(mina, channel, message)
    assert waiting["due"] - waiting["changed"] == timedelta(seconds=20)
    house.reads(mina, channel, message)
    del house.neighbours.attentions[mina]
    await house.nothing_but(mina, browser)
    assert (await house.is_read(mina, channel, message))["due"] is None


async def test_blocked_authors_are_not_heard_of(house: House) -> None:
    mina, author = house.person(), fresh()
    guild = house.guild(mina)
    browser = await house.browser(mina)
    house.neighbours.blocks.add((mina, author))
    house.says(author, house.general(guild), f"<@{mina}>", guild=guild, mentions=(user(mina),))
    await house.nothing_but(mina, browser)


async def test_settings_of_a_community_are_heeded_as_soon_as_they_change(house: House) -> None:
    mina = house.person()
    guild = house.guild(mina)
    browser = await house.browser(mina)
    channel = house.general(guild)
    house.says(fresh(), channel, "one", guild=guild)
    await house.arrives(browser)
    muted = ChannelNotifications(channel_id=ChannelId(channel), muted=True)
    house.tell(
        UserGuildSettingsUpdate(user_id=UserId(mina), guild_id=guild.id, channel_overrides=(muted,))
    )
    house.says(fresh(), channel, "two", guild=guild)
    house.tell(
        UserGuildSettingsUpdate(
            user_id=UserId(mina), guild_id=guild.id, message_notifications=NotifyLevel.MENTIONS
        )
    )
    house.says(fresh(), channel, "three", guild=guild)
    house.says(fresh(), channel, "four", guild=guild, mentions=(user(mina),))
    await house.nothing_but(mina, browser, "one", "four")


async def test_wishes_that_were_set_before_are_asked_for_once(house: House) -> None:
    mina, jun = house.person(), house.person()
    guild = house.guild(mina, jun)
    wish = GuildNotifications(guild_id=guild.id, message_notifications=NotifyLevel.NOTHING)
    house.neighbours.wishes[mina, int(guild.id)] = wish
    to_mina, to_jun = await house.browser(mina), await house.browser(jun)
    house.neighbours.asked.clear()
    for text in ("one", "two", "three"):
        house.says(fresh(), house.general(guild), text, guild=guild, mention_everyone=True)
    await house.service.until(
        lambda: any("three" in each["body"] or "3" in each["body"] for each in to_jun.received)
    )
    assert house.neighbours.asked.count("wishes") <= 1
    await house.nothing_but(mina, to_mina)


async def test_do_not_disturb_counts_and_does_not_push(house: House) -> None:
    mina, channel = house.person(), fresh()
    browser = await house.browser(mina)
    house.neighbours.attentions[mina] = Attention(user_id=UserId(mina), is_dnd=True)
    message = house.says(fresh(), channel, "shh", to=(mina,))
    quiet = await house.noted(mina, channel, message)
    assert (quiet["unread"], quiet["fresh"], quiet["due"]) == (1, 0, None)
    del house.neighbours.attentions[mina]
    await house.nothing_but(mina, browser)


async def test_a_joined_community_is_heard_and_a_deleted_message_is_not_told(house: House) -> None:
    mina = house.person()
    browser = await house.browser(mina)
    guild = house.guild()
    house.joins(guild, mina)
    await house.hears_of(guild)
    channel = house.general(guild)
    house.neighbours.attentions[mina] = Attention(user_id=UserId(mina), is_active=True)
    gone = house.says(fresh(), channel, "never mind", guild=guild)
    assert (await house.noted(mina, channel, gone))["due"] is not None
    house.deletes(guild, channel, gone)
    del house.neighbours.attentions[mina]
    house.says(fresh(), channel, "this stands", guild=guild)
    await house.nothing_but(mina, browser, "this stands")


async def test_threads_are_told_to_who_follows_them(house: House) -> None:
    mina, jun = house.person(), house.person()
    guild = house.guild(mina, jun)
    to_mina, to_jun = await house.browser(mina), await house.browser(jun)
    thread = fresh()
    house.neighbours.groups[thread] = "Chapter 3"
    house.neighbours.followers[thread] = (
        ThreadMember(id=ChannelId(thread), user_id=UserId(mina), join_timestamp=SINCE),
    )
    inside = Inside(house.general(guild))
    house.says(fresh(), thread, "who has read it?", guild=guild, inside=inside)
    (push,) = await house.arrives(to_mina)
    assert push["title"].endswith("(#Chapter 3, Book club)")
    await house.nothing_but(jun, to_jun)


async def test_content_stays_in_the_house_for_who_wants_that(house: House) -> None:
    mina, channel = house.person(locale="ko"), fresh()
    browser = await house.browser(mina)
    client = house.running.as_(mina)
    answer = await client.patch("/users/@me/notification-settings", json={"hide_content": True})
    assert answer.json() == {"hide_content": True, "email_digest": False}
    author = fresh()
    house.says(author, channel, "secret words", to=(mina,))
    (push,) = await house.arrives(browser)
    assert (push["title"], push["body"]) == ("Moim", "새 메시지가 있습니다")
    assert "secret" not in str(push)
    assert str(author) not in str(push)


async def test_who_is_removed_hears_no_more(house: House) -> None:
    mina, jun = house.person(), house.person()
    guild = house.guild(mina, jun)
    to_mina, to_jun = await house.browser(mina), await house.browser(jun)
    house.tell(MemberRemove(guild_id=guild.id, user=user(mina)))
    house.says(fresh(), house.general(guild), "without mina", guild=guild)
    await house.arrives(to_jun)
    await house.nothing_but(mina, to_mina)


async def test_after_a_loss_what_is_known_of_a_place_is_asked_anew(house: House) -> None:
    mina, jun = house.person(), house.person()
    guild = house.guild(mina, jun)
    to_mina, to_jun = await house.browser(mina), await house.browser(jun)
    del house.neighbours.members[int(guild.id)][mina]
    house.loses(topics.guild(int(guild.id)))
    house.says(fresh(), house.general(guild), "mina left unheard", guild=guild)
    await house.arrives(to_jun)
    await house.nothing_but(mina, to_mina)
    house.member(guild, mina)
    house.loses(topics.user(mina))
    await house.nothing_but(mina, to_mina)
    house.says(fresh(), house.general(guild), "and came back", guild=guild)
    await house.arrives(to_jun, 2)
    await house.nothing_but(mina, to_mina, "and came back")


async def test_b8_after_a_loss_badges_are_what_the_server_counts(house: House) -> None:
    """seeds.md B8: unread counts were a matter of what a client had heard."""
    mina = house.person()
    guild = house.guild(mina)
    hidden = house.closed(guild, role=fresh())
    browser = await house.browser(mina)
    talk, other, general = fresh(), fresh(), house.general(guild)
    for channel in (talk, other):
        said = house.says(fresh(), channel, "hello", to=(mina,))
        await house.noted(mina, channel, said)
    await house.arrives(browser, 2)
    # One was read meanwhile, and what was said elsewhere was missed; nobody sees what is hidden.
    house.neighbours.talks[mina] = [talk, other]
    house.neighbours.read_states[mina] = [
        ReadState(id=ChannelId(talk), last_message_id=MessageId(fresh())),
        ReadState(id=ChannelId(other), mention_count=3),
        ReadState(id=ChannelId(general), last_message_id=MessageId(1), mention_count=2),
        ReadState(id=ChannelId(hidden), mention_count=9),
    ]
    house.loses(topics.user(mina))
    await house.is_read(mina, talk, 0)
    await house.noted(mina, general, 1)
    house.says(fresh(), talk, "and now?", to=(mina,))
    assert (await house.arrives(browser, 3))[-1]["badge"] == 3 + 2 + 1


async def test_an_event_that_nobody_can_read_holds_nobody_up(house: House) -> None:
    mina, channel = house.person(), fresh()
    browser = await house.browser(mina)
    record = pack(
        "MessageCreate", Route(channel_id=channel, author_id=1), b"{}", event_id=1, trace=""
    )
    house.bus.publish(topics.user(mina), record, fresh())
    house.says(fresh(), channel, "this one can be read", to=(mina,))
    (push,) = await house.arrives(browser)
    assert push["body"] == "this one can be read"


async def test_groups_are_named(house: House) -> None:
    mina, channel, author = house.person(), fresh(), fresh()
    house.neighbours.groups[channel] = "Saturday"
    browser = await house.browser(mina)
    house.says(author, channel, "at seven?", to=(mina, fresh()))
    (push,) = await house.arrives(browser)
    assert push["title"] == f"user{author} (Saturday)"


async def test_who_is_interested_is_told_when_an_event_begins(house: House) -> None:
    mina, other, muted, out = (house.person(locale=one) for one in ("ko", "en-US", "ko", "ko"))
    guild = house.guild(mina, other, muted, out)
    house.neighbours.wishes[muted, int(guild.id)] = GuildNotifications(
        guild_id=guild.id, mute_scheduled_events=True
    )
    closed = house.closed(guild, role=fresh())
    browsers = {who: await house.browser(who) for who in (mina, other, muted, out)}
    event = house.begins(guild, mina, muted)
    (push,) = await house.arrives(browsers[mina])
    assert (push["title"], push["body"]) == ("Reading night", "지금 Book club에서 시작합니다")
    assert push["data"] == {
        "kind": "event",
        "path": f"/events/{guild.id}/{event}",
        "guild_id": str(guild.id),
        "event_id": str(event),
    }
    assert push["badge"] == 0
    # Nobody is told of what they do not see, or of what is over.
    house.begins(guild, out, channel=closed)
    house.begins(guild, other, status=EventStatus.COMPLETED)
    for who in (other, muted, out):
        await house.nothing_but(who, browsers[who])
    line = (await house.running.as_(mina).get("/users/@me/notifications")).json()[0]
    assert (line["type"], line["event_id"], line["message_id"]) == ("event", str(event), None)


async def test_history_keeps_what_named_somebody(house: House) -> None:
    mina = house.person()
    guild = house.guild(mina)
    browser = await house.browser(mina)
    channel, author = house.general(guild), fresh()
    house.says(author, channel, "just talk", guild=guild)
    named = house.says(author, channel, "you there?", guild=guild, mentions=(user(mina),))
    house.befriends(mina, author)
    await house.service.until(lambda: any(each["tag"] == f"f{author}" for each in browser.received))
    client = house.running.as_(mina)
    request, mention = (await client.get("/users/@me/notifications")).json()
    assert (request["type"], request["author_id"]) == ("friend_request", str(author))
    assert (mention["type"], mention["message_id"], mention["read"]) == (
        "mention",
        str(named),
        False,
    )
    assert (mention["guild_id"], mention["text"]) == (str(guild.id), "you there?")
    house.reads(mina, channel, named)
    await house.is_read(mina, channel, named)
    await house.nothing_but(
        mina, browser, *(each["body"] for each in browser.received if each["tag"][0] != "f")
    )
    page = (await client.get("/users/@me/notifications?limit=2")).json()
    older = (await client.get(f"/users/@me/notifications?before={page[-1]['id']}")).json()
    assert [each["read"] for each in older] == [True]
    assert (
        await client.post("/users/@me/notifications/ack", json={"id": page[0]["id"]})
    ).status_code == 204
    assert all(each["read"] for each in (await client.get("/users/@me/notifications")).json())
    assert (await client.delete(f"/users/@me/notifications/{mention['id']}")).status_code == 204
    assert (
        await house.running.as_(fresh()).delete(f"/users/@me/notifications/{page[0]['id']}")
    ).status_code == 404
    assert len((await client.get("/users/@me/notifications")).json()) == 2
    assert GuildId(guild.id)
