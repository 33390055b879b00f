"""What Slack's and GitHub's programs say, as messages."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_service.api.shapes import NewMessage
from chat_service.domain.intake import github, slack

MARKUP = {
    "*bold* and _soft_ and ~gone~": "**bold** and _soft_ and ~~gone~~",
    "2 * 3 * 4": "2 * 3 * 4",
    "<https://a.test|here> <https://b.test>": "[here](https://a.test) https://b.test",
    "<!channel> <!here> <!subteam^S1|team>": "@everyone @here team",
    "a &lt; b &amp;&amp; c": "a < b && c",
}


@pytest.mark.parametrize("said", MARKUP)
def test_slacks_markup_is_markdown(said: str) -> None:
    assert slack.markup(said) == MARKUP[said]


def test_an_attachment_is_a_box() -> None:
    attachment = {
        "fallback": "not needed",
        "color": "#36a64f",
        "pretext": "Before",
        "author_name": "Ada",
        "author_link": "https://ada.test",
        "title": "Title",
        "title_link": "https://title.test",
        "text": "*Text*",
        "fields": [{"title": "Priority", "value": "High", "short": True}, {}],
        "thumb_url": "https://pictures.test/t.png",
        "footer": "Footer",
        "ts": 123456789,
    }
    post = slack.message({"text": "hi", "attachments": [attachment, {}], "icon_url": "ftp://no"})
    assert post["content"] == "hi"
    assert "avatar_url" not in post
    assert post["embeds"] == [
        {
            "title": "Title",
            "url": "https://title.test",
            "description": "Before\n**Text**",
            "color": 0x36A64F,
            "author": {"name": "Ada", "url": "https://ada.test"},
            "footer": {"text": "Footer"},
            "thumbnail": {"url": "https://pictures.test/t.png"},
            "fields": [{"name": "Priority", "value": "High", "inline": True}],
            "timestamp": "1973-11-29T21:33:09+00:00",
        }
    ]


def test_blocks_that_show_something_are_read_where_there_is_no_text() -> None:
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "Head"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "*b*"}, "fields": [{"text": "f"}]},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "small"}]},
    ]
    assert slack.message({"blocks": blocks})["content"] == "**Head**\n**b**\nf\n-# small"


IT: dict[str, Any] = {
    "repository": {"full_name": "us/it", "html_url": "https://github.com/us/it"},
    "sender": {"login": "ada", "avatar_url": "https://pictures.test/a"},
}
ISSUE = {"number": 7, "title": "It breaks", "body": "Like so", "html_url": "https://it.test/7"}
PUSH = {
    "ref": "refs/heads/main",
    "compare": "https://it.test/compare",
    "commits": [
        {
            "id": "0123456789",
            "message": "Mend it\n\nlong",
            "url": "https://it.test/c",
            "author": {"name": "Ada"},
        }
    ],
}
RUN = {"name": "tests", "head_branch": "main", "html_url": "https://it.test/run"}
TOLD = {
    "push": ("push", PUSH, "[us/it:main] 1 new commit"),
    "issue": ("issues", {"action": "opened", "issue": ISSUE}, "Issue opened: #7 It breaks"),
    "comment": (
        "issue_comment",
        {"action": "created", "issue": ISSUE, "comment": {"body": "Yes"}},
        "New comment on issue #7 It breaks",
    ),
    "merged": (
        "pull_request",
        {"action": "closed", "pull_request": {**ISSUE, "merged": True}},
        "Pull request merged: #7 It breaks",
    ),
    "review": (
        "pull_request_review",
        {"action": "submitted", "review": {"state": "approved"}, "pull_request": ISSUE},
        "Pull request approved: #7 It breaks",
    ),
    "release": (
        "release",
        {"action": "published", "release": {"tag_name": "v1"}},
        "New release published: v1",
    ),
    "fork": ("fork", {"forkee": {"full_name": "me/it"}}, "Fork created: me/it"),
    "branch": ("create", {"ref": "dev", "ref_type": "branch"}, "New branch created: dev"),
    "tag": ("delete", {"ref": "v0", "ref_type": "tag"}, "Tag deleted: v0"),
    "check": (
        "check_run",
        {"action": "completed", "check_run": {**RUN, "conclusion": "failure"}},
        "Check failure: tests on main",
    ),
    "workflow": (
        "workflow_run",
        {"action": "completed", "workflow_run": {**RUN, "conclusion": "timed_out"}},
        "Workflow timed out: tests on main",
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_github_tells_what_happened(name: str) -> None:
    event, said, title = TOLD[name]
    embed = github.embed(event, IT | said)
    assert embed is not None
    assert embed["title"].endswith(title)
    assert embed["title"].startswith("[us/it")
    assert embed["author"] == {"name": "ada", "icon_url": "https://pictures.test/a"}
    NewMessage.model_validate({"embeds": [embed]})


def test_commits_are_listed_by_their_first_line() -> None:
    embed = github.embed("push", IT | PUSH)
    assert embed is not None
    assert embed["description"] == "[`0123456`](https://it.test/c) Mend it - Ada"


PASSED_OVER = [
    ("unheard_of", {}),
    ("issues", {"action": "labeled", "issue": ISSUE}),
    ("check_run", {"action": "completed", "check_run": {**RUN, "conclusion": "success"}}),
    ("push", {"ref": "refs/heads/main", "commits": []}),
    ("star", {"action": "deleted"}),
]


@pytest.mark.parametrize(("event", "said"), PASSED_OVER)
def test_what_is_on_the_way_to_something_is_passed_over(event: str, said: dict[str, Any]) -> None:
    assert github.embed(event, IT | said) is None


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=300),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["action", "issue", "title", "commits", "text", "attachments", "ts", "id"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(said=_ANY)
def test_nonsense_becomes_a_message_or_nothing(said: Any) -> None:
    NewMessage.model_validate(slack.message(said))
    for event in ("push", "issues", "create", "release"):
        embed = github.embed(event, said if not isinstance(said, dict) else IT | said)
        if embed is not None:
            NewMessage.model_validate({"embeds": [embed]})
