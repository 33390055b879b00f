"""GitHub's webhooks: one embed for each event that says something to people; others are passed
over, as are steps on the way to what people want to hear.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chat_service.domain.intake.reading import (
    address,
    cut,
    first_line,
    is_set,
    number,
    part,
    parts,
    text,
)
from contracts.wire import JSON

_TITLE = 256
_BODY = 600
_COMMITS = 10
_PLAIN, _GOOD, _BAD, _DONE, _TALK = 0x24292F, 0x1A7F37, 0xCF222E, 0x8250DF, 0x0969DA
_FAILURES = frozenset({"failure", "timed_out", "action_required", "startup_failure"})


def embed(event: str, said: Any) -> JSON | None:
    """What an event says, or None for what is passed over."""
    tell = _EVENTS.get(event)
    told = tell(said) if tell is not None and isinstance(said, dict) else None
    if told is None:
        return None
    whole = {"author": _author(said), **told}
    whole["title"] = cut(whole["title"], _TITLE)
    return {name: value for name, value in whole.items() if value not in (None, "", {})}


def _author(said: JSON) -> JSON:
    sender = part(said, "sender")
    if not text(sender, "login"):
        return {}
    shown = {"name": text(sender, "login"), "url": address(sender, "html_url")}
    shown["icon_url"] = address(sender, "avatar_url")
    return {name: value for name, value in shown.items() if value}


def _repository(said: JSON) -> str:
    return text(said, "repository", "full_name") or text(said, "organization", "login") or "GitHub"


def _told(said: JSON, title: str, *, about: JSON, color: int = _PLAIN, body: str = "") -> JSON:
    """An embed about something that has a page of its own."""
    page = address(about, "html_url") or address(about, "url")
    whole: JSON = {"title": f"[{_repository(said)}] {title}", "url": page, "color": color}
    return {**whole, "description": cut(body, _BODY) if body else ""}


def _named(said: JSON, key: str) -> str:
    """`#12 Its title`."""
    return f"#{number(said, key, 'number')} {text(said, key, 'title')}"


def _push(said: JSON) -> JSON | None:
    branch = text(said, "ref").removeprefix("refs/heads/")
    commits = parts(said, "commits")
    where = f"[{_repository(said)}:{branch}]"
    if is_set(said, "forced"):
        title = f"{where} Force-pushed to {text(said, 'after')[:7]}"
    elif commits:
        title = f"{where} {len(commits)} new commit{'s' if len(commits) > 1 else ''}"
    else:
        return None
    lines = [
        f"[`{text(one, 'id')[:7]}`]({address(one, 'url') or ''}) "
        f"{first_line(text(one, 'message'), 72)} - {text(one, 'author', 'name')}"
        for one in commits[:_COMMITS]
    ]
    if len(commits) > _COMMITS:
        lines.append(f"and {len(commits) - _COMMITS} more")
    whole: JSON = {"title": title, "url": address(said, "compare"), "color": _TALK}
    return {**whole, "description": "\n".join(lines)}


_ISSUES = {
    "opened": ("opened", _GOOD),
    "closed": ("closed", _DONE),
    "reopened": ("reopened", _GOOD),
    "transferred": ("transferred", _PLAIN),
    "deleted": ("deleted", _BAD),
}


def _issues(said: JSON) -> JSON | None:
    did = _ISSUES.get(text(said, "action"))
    if did is None:
        return None
    issue = part(said, "issue")
    body = text(issue, "body") if did[0] == "opened" else ""
    title = f"Issue {did[0]}: {_named(said, 'issue')}"
    return _told(said, title, about=issue, color=did[1], body=body)


def _issue_comment(said: JSON) -> JSON | None:
    if text(said, "action") != "created":
        return None
    comment = part(said, "comment")
    kind = "pull request" if part(said, "issue", "pull_request") else "issue"
    title = f"New comment on {kind} {_named(said, 'issue')}"
    return _told(said, title, about=comment, color=_TALK, body=text(comment, "body"))


def _pull_request(said: JSON) -> JSON | None:
    request, did = part(said, "pull_request"), text(said, "action")
    words = {"opened": _GOOD, "reopened": _GOOD, "closed": _BAD, "ready_for_review": _GOOD}
    if did not in words:
        return None
    color = words[did]
    if did == "closed" and is_set(request, "merged"):
        did, color = "merged", _DONE
    body = text(request, "body") if did == "opened" else ""
    title = f"Pull request {did.replace('_', ' ')}: {_named(said, 'pull_request')}"
    return _told(said, title, about=request, color=color, body=body)


def _review(said: JSON) -> JSON | None:
    review = part(said, "review")
    states = {"approved": ("approved", _GOOD), "changes_requested": ("wants changes", _BAD)}
    word, color = states.get(text(review, "state").lower(), ("reviewed", _TALK))
    if text(said, "action") != "submitted" or (word == "reviewed" and not text(review, "body")):
        return None
    title = f"Pull request {word}: {_named(said, 'pull_request')}"
    return _told(said, title, about=review, color=color, body=text(review, "body"))


def _review_comment(said: JSON) -> JSON | None:
    if text(said, "action") != "created":
        return None
    comment = part(said, "comment")
    title = f"New review comment on pull request {_named(said, 'pull_request')}"
    return _told(said, title, about=comment, color=_TALK, body=text(comment, "body"))


def _commit_comment(said: JSON) -> JSON | None:
    comment = part(said, "comment")
    title = f"New comment on commit `{text(comment, 'commit_id')[:7]}`"
    return _told(said, title, about=comment, color=_TALK, body=text(comment, "body"))


def _release(said: JSON) -> JSON | None:
    if text(said, "action") != "published":
        return None
    release = part(said, "release")
    name = text(release, "name") or text(release, "tag_name")
    kind = "pre-release" if is_set(release, "prerelease") else "release"
    body = text(release, "body")
    return _told(said, f"New {kind} published: {name}", about=release, color=_GOOD, body=body)


def _star(said: JSON) -> JSON | None:
    # "watch" is the older name of the same, and says "started".
    if text(said, "action") not in {"created", "started"}:
        return None
    return _told(said, "New star added", about=part(said, "repository"), color=0xE3B341)


def _fork(said: JSON) -> JSON | None:
    forkee = part(said, "forkee")
    return _told(said, f"Fork created: {text(forkee, 'full_name')}", about=forkee)


def _create(said: JSON) -> JSON | None:
    title = f"New {text(said, 'ref_type')} created: {text(said, 'ref')}"
    return _told(said, title, about=part(said, "repository"), color=_GOOD)


def _delete(said: JSON) -> JSON | None:
    title = f"{text(said, 'ref_type').capitalize()} deleted: {text(said, 'ref')}"
    return _told(said, title, about=part(said, "repository"), color=_BAD)


def _run(key: str, what: str) -> Callable[[JSON], JSON | None]:
    def tell(said: JSON) -> JSON | None:
        run = part(said, key)
        outcome = text(run, "conclusion")
        # Thousands go well; people want to hear of the one that does not.
        if text(said, "action") != "completed" or outcome not in _FAILURES:
            return None
        name = text(run, "name") or text(run, "app", "name")
        branch = text(run, "head_branch") or text(run, "check_suite", "head_branch")
        where = f" on {branch}" if branch else ""
        title = f"{what} {outcome.replace('_', ' ')}: {name}{where}"
        return _told(said, title, about=run, color=_BAD)

    return tell


def _deployment(said: JSON) -> JSON | None:
    status = part(said, "deployment_status")
    colors = {"success": _GOOD, "failure": _BAD, "error": _BAD}
    state = text(status, "state")
    if state not in colors:
        return None
    title = f"Deployment to {text(said, 'deployment', 'environment')}: {state}"
    about = {"html_url": text(status, "target_url")}
    return _told(said, title, about=about, color=colors[state])


def _discussion(said: JSON) -> JSON | None:
    if text(said, "action") not in {"created", "answered"}:
        return None
    about, did = part(said, "discussion"), text(said, "action")
    title = f"Discussion {did}: {_named(said, 'discussion')}"
    return _told(said, title, about=about, color=_TALK, body=text(about, "body"))


def _discussion_comment(said: JSON) -> JSON | None:
    if text(said, "action") != "created":
        return None
    about = part(said, "comment")
    title = f"New comment on discussion {_named(said, 'discussion')}"
    return _told(said, title, about=about, color=_TALK, body=text(about, "body"))


def _member(said: JSON) -> JSON | None:
    if text(said, "action") != "added":
        return None
    member = part(said, "member")
    return _told(said, f"New collaborator added: {text(member, 'login')}", about=member)


def _public(said: JSON) -> JSON | None:
    return _told(said, "Now open source!", about=part(said, "repository"), color=_GOOD)


def _ping(said: JSON) -> JSON | None:
    title, about = "Webhook connected", part(said, "repository")
    return _told(said, title, about=about, color=_GOOD, body=text(said, "zen"))


_EVENTS: Mapping[str, Callable[[JSON], JSON | None]] = {
    "push": _push,
    "issues": _issues,
    "issue_comment": _issue_comment,
    "pull_request": _pull_request,
    "pull_request_review": _review,
    "pull_request_review_comment": _review_comment,
    "commit_comment": _commit_comment,
    "release": _release,
    "star": _star,
    "watch": _star,
    "fork": _fork,
    "create": _create,
    "delete": _delete,
    "check_run": _run("check_run", "Check"),
    "check_suite": _run("check_suite", "Checks"),
    "workflow_run": _run("workflow_run", "Workflow"),
    "deployment_status": _deployment,
    "discussion": _discussion,
    "discussion_comment": _discussion_comment,
    "member": _member,
    "public": _public,
    "ping": _ping,
}
