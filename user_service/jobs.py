"""What happens by the clock: letters are sent, what ended long ago is removed."""

from __future__ import annotations

from chassis import post
from chassis.clock import Clock
from chassis.db import Units
from chassis.logs import logger
from chassis.post import Post
from contracts.errors import DomainError
from contracts.identity import NOBODY
from user_service import actions, mails
from user_service.actions.letters import Envelope
from user_service.settings import Settings
from user_service.tools import Tools

log = logger("jobs")

PURGED_AT_ONCE = 1_000

BATCH = 5
"""As many as can be given up, one after the other, before another process would claim them."""
FILES = 100
STATUSES = 500


class Letters:
    """Sends what is due."""

    def __init__(
        self, units: Units[Tools], post: Post | None, settings: Settings, clock: Clock
    ) -> None:
        self._units = units
        self._post = post
        self._settings = settings
        self._clock = clock

    async def send(self) -> None:
        """Every letter that is due, one after the other: no server is pressed by us."""
        if self._post is None:
            return
        count = BATCH
        while count == BATCH:
            async with self._units.open(NOBODY) as unit:
                envelopes = await actions.letters.seal(unit, BATCH)
            for envelope in envelopes:
                await self._send(self._post, envelope)
            count = len(envelopes)

    async def _send(self, office: Post, envelope: Envelope) -> None:
        letter = envelope.letter
        mail = mails.compose(
            letter.kind,
            envelope.reader.locale,
            name=envelope.reader.username,
            address=letter.about or envelope.to,
            public_url=self._settings.public_url.rstrip("/"),
            secret=envelope.secret,
        )
        sender, at = self._settings.mail_from, self._clock.now()
        try:
            await office.send(post.letter(mail, to=envelope.to, sender=sender, at=at))
        except post.Away as away:
            log.warning("letter.postponed", letter=letter.id, kind=letter.kind, reason=str(away))
            async with self._units.open(NOBODY) as unit:
                await actions.letters.postpone(unit, letter)
            return
        except post.Refused as refused:
            log.warning("letter.refused", letter=letter.id, kind=letter.kind, reason=str(refused))
        else:
            log.info("letter.sent", letter=letter.id, kind=letter.kind)
        async with self._units.open(NOBODY) as unit:
            await actions.letters.sent(unit, letter)


class Departures:
    """Makes neighbours forget deleted people, until they have."""

    def __init__(self, units: Units[Tools]) -> None:
        self._units = units

    async def tell(self) -> None:
        """Everybody who is due; a neighbour that is away is asked again later."""
        async with self._units.open(NOBODY) as unit:
            gone = await actions.farewells.departed(unit, BATCH)
        for one in gone:
            try:
                await actions.farewells.forget(self._units.tools, one)
            except DomainError as error:
                log.warning("departure.postponed", person=str(one.user_id), reason=str(error))
                continue
            async with self._units.open(NOBODY) as unit:
                await actions.farewells.settle(unit, one.user_id)


class Pictures:
    """Deletes the files of pictures that were taken off."""

    def __init__(self, units: Units[Tools]) -> None:
        self._units = units

    async def clear(self) -> None:
        """All that are due."""
        worn = [""] * FILES
        while len(worn) == FILES:
            async with self._units.open(NOBODY) as unit:
                worn = await actions.profiles.worn_pictures(unit, FILES)
                # Within the unit: if the store is away, they are looked at again.
                await self._units.tools.blobs.delete(worn)


class Statuses:
    """Ends custom statuses whose time has come."""

    def __init__(self, units: Units[Tools]) -> None:
        self._units = units

    async def lapse(self) -> None:
        """All that are due."""
        count = STATUSES
        while count == STATUSES:
            async with self._units.open(NOBODY) as unit:
                count = await actions.settings.lapse(unit, STATUSES)


class Harvests:
    """Gathers what people have asked for, and removes what has lain long enough."""

    def __init__(self, units: Units[Tools]) -> None:
        self._units = units

    async def gather(self) -> None:
        """All that are due, one after the other. A neighbour that is away is asked again later."""
        while True:
            async with self._units.open(NOBODY) as unit:
                harvest = await actions.harvests.claim(unit)
            if harvest is None:
                return
            try:
                archive = await actions.harvests.gather(self._units, harvest)
                await self._units.tools.blobs.put(harvest.blob, archive)
            except DomainError as error:
                log.warning("harvest.postponed", harvest=harvest.id, reason=str(error))
                async with self._units.open(NOBODY) as unit:
                    await actions.harvests.postpone(unit, harvest)
                continue
            async with self._units.open(NOBODY) as unit:
                is_wanted = await actions.harvests.complete(unit, harvest)
            if not is_wanted:
                await self._units.tools.blobs.delete([harvest.blob])

    async def clear(self) -> None:
        """Archives first, then the rows that name them."""
        async with self._units.reading(NOBODY) as unit:
            old = await actions.harvests.expired(unit, PURGED_AT_ONCE)
        for harvest in old:
            await self._units.tools.blobs.delete([harvest.blob])
            async with self._units.open(NOBODY) as unit:
                await actions.harvests.forget(unit, harvest)


class Purges:
    """Removes what ended long ago."""

    def __init__(self, units: Units[Tools]) -> None:
        self._units = units

    async def purge(self) -> None:
        """Everything that is old enough, in batches."""
        for what, age in actions.purges.PURGES:
            done = PURGED_AT_ONCE
            while done == PURGED_AT_ONCE:
                async with self._units.open(NOBODY) as unit:
                    done = await actions.purges.purge(unit, what, age, PURGED_AT_ONCE)
