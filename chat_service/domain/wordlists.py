"""Words of the presets. Each list is a beginning; communities add what they need by rules of their
own, and except what they do not mind.
"""

from __future__ import annotations

from collections.abc import Mapping

from contracts.objects.automod import Preset

_PROFANITY = """
fuck* *fucker motherfuck* shit shitty bullshit bitch* asshole* bastard* dickhead* wanker* bollocks
시발* 씨발* 씨팔* 시팔* 쌍놈* 쌍년* 개새끼* 개색기* 새끼야 병신* 븅신* 지랄* 좆* 존나*
졸라 닥쳐* 꺼져* 미친놈* 미친년*
ㅅㅂ ㅆㅂ ㅂㅅ ㅈㄹ ㄲㅈ
"""
_SEXUAL = """
porn* pornhub xxx hentai nudes cumshot* blowjob* handjob* deepthroat* gangbang* masturbat* dildo*
섹스* 야동* 포르노* 자위* 보지 자지 딸딸이* 조건만남* 원조교제*
"""
_SLURS = """
nigger* nigga* faggot* retard* kike* spic spics chink chinks gook gooks tranny* wetback* paki pakis
짱깨* 쪽바리* 깜둥이* 흑형 똥남아* 조센징* 한남충* 김치녀* 맘충* 틀딱* 홍어족* 게이새끼* 장애새끼*
"""
WORDS: Mapping[Preset, tuple[str, ...]] = {
    Preset.PROFANITY: tuple(_PROFANITY.split()),
    Preset.SEXUAL_CONTENT: tuple(_SEXUAL.split()),
    Preset.SLURS: tuple(_SLURS.split()),
}
