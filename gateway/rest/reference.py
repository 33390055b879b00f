"""The reference of the whole surface: what the services say of themselves, as one OpenAPI document.

Operations that Discord's published API knows carry its operationId; `operations.tsv` tells which.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from chassis.clock import Clock
from chassis.logs import logger
from chassis.openapi import PATH, description
from gateway.rest.routes import Routes
from gateway.rest.rows import GATEWAY

log = logger("edge")

JSON = dict[str, Any]

BASE = "/api/v10"
KEPT_FOR_S = 60.0
_WITHIN_S = 5.0
_SCHEMAS = "#/components/schemas/"
_NOBODY: list[JSON] = [{}]
_SLOT = re.compile(r"\{(\w+)\}")
_NO_WORD = re.compile(r"\W+")


class Known(NamedTuple):
    """An operation of the published API."""

    name: str
    answers: dict[str, str]
    """By status, the published schema's name for the body."""


class Reference:
    """Gathers and keeps the document."""

    def __init__(
        self,
        upstreams: Mapping[str, tuple[str, int]],
        routes: Routes,
        *,
        public_url: str,
        clock: Clock,
    ) -> None:
        self._upstreams = upstreams
        self._routes = routes
        self._public_url = public_url
        self._clock = clock
        self._kept = b""
        self._kept_until = 0.0

    async def document(self, own: JSON) -> bytes:
        """Everything that answers now; it is kept for a minute if everybody did."""
        if self._clock.monotonic() < self._kept_until:
            return self._kept
        said = await self._asked()
        whole = merged({GATEWAY: own, **said}, self._routes, self._public_url)
        document = orjson.dumps(whole)
        if len(said) == len(self._upstreams):
            self._kept, self._kept_until = document, self._clock.monotonic() + KEPT_FOR_S
        return document

    async def _asked(self) -> dict[str, JSON]:
        import httpx

        async with httpx.AsyncClient(timeout=_WITHIN_S) as client:

            async def ask(host: str, port: int) -> JSON | None:
                try:
                    answer = await client.get(f"http://{host}:{port}{PATH}")
                    return dict(answer.json()) if answer.is_success else None
                except (httpx.HTTPError, ValueError) as error:
                    log.warning("reference.absent", host=host, port=port, reason=str(error))
                    return None

            names = list(self._upstreams)
            said = await asyncio.gather(*(ask(*self._upstreams[name]) for name in names))
        return {name: one for name, one in zip(names, said, strict=True) if one is not None}


def merged(said: Mapping[str, JSON], routes: Routes, public_url: str) -> JSON:
    """One document of many; pure."""
    schemas: JSON = dict(_SHAPES)
    paths: dict[str, JSON] = {}
    for service, told in said.items():
        own = told["components"]["schemas"]
        renamed = _names(service, own, schemas)
        _point(told, renamed)
        schemas |= {renamed[name]: schema for name, schema in own.items()}
        for path, item in told["paths"].items():
            for method, operation in item.items():
                whole = _told(service, method, path, operation, routes)
                paths.setdefault(path, {})[method] = whole
    _tell_apart(paths)
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Moim", "version": "10", "description": _ABOUT},
        "servers": [{"url": public_url.rstrip("/") + BASE}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": schemas,
            "responses": _RESPONSES,
            "securitySchemes": {"token": _TOKEN, "bot": _TOKEN},
        },
    }


@cache
def published() -> Mapping[tuple[str, str], Known]:
    """The operations of the published API by method and path, slots without their names."""
    table = files("contracts").joinpath("operations.tsv").read_text(encoding="utf-8")
    found = {}
    for line in table.splitlines()[1:]:
        method, path, name, answers = line.split("\t")
        told = dict(answer.split(":", 1) for answer in answers.split(" "))
        found[method, "/".join(_shape(path))] = Known(name, told)
    return found


def _told(service: str, method: str, path: str, operation: JSON, routes: Routes) -> JSON:
    known = published().get((method.upper(), "/".join(_shape(path))))
    match = routes.match(f"{BASE}{path}".encode())
    told: JSON = {
        "operationId": known.name if known else _made_up(method, path),
        "tags": [service],
        "summary": str(operation.get("description", "")).split("\n")[0],
        "parameters": operation.get("parameters", []),
        "responses": dict(_answers(method, known)),
        "x-extension": known is None,
    }
    if "requestBody" in operation:
        told["requestBody"] = operation["requestBody"]
    if match is None:
        told["servers"] = [{"url": "/"}]
    if match is None or method.upper().encode() in match.route.anonymous:
        told["security"] = _NOBODY
    else:
        told["security"] = [{"token": []}, {"bot": []}]
        told["responses"]["401"] = {"$ref": "#/components/responses/Refused"}
    return told


def _answers(method: str, known: Known | None) -> Iterator[tuple[str, JSON]]:
    for status, body in (known.answers if known else {"2XX": "*"}).items():
        if body == "-":
            yield status, {"description": "Done; there is nothing to say."}
            continue
        says = "Done." if body == "*" else f"`{body}` of Discord's published schema."
        yield status, {"description": says, "content": {"application/json": {}}}
    if method != "get":
        yield "400", {"$ref": "#/components/responses/Invalid"}
    yield "4XX", {"$ref": "#/components/responses/Refused"}
    yield "429", {"$ref": "#/components/responses/TooMany"}
    yield "503", {"$ref": "#/components/responses/Unavailable"}


def _tell_apart(paths: Mapping[str, JSON]) -> None:
    """Two of our own operations may differ only in a slot."""
    taken: set[str] = set()
    for path, item in sorted(paths.items(), key=lambda each: each[0].count("{")):
        for operation in item.values():
            if operation["operationId"] in taken:
                slots = _SLOT.findall(path)
                operation["operationId"] += "_by_" + "_and_".join(slots)
            taken.add(operation["operationId"])


def _made_up(method: str, path: str) -> str:
    name = _NO_WORD.sub("_", "/".join([method, *(w for w in _shape(path) if w != "{}")])).strip("_")
    return f"{name}_of" if path.endswith("}") else name


def _shape(path: str) -> Iterator[str]:
    for segment in path.split("/"):
        yield "{}" if segment.startswith("{") and segment.endswith("}") else segment


def _names(service: str, schemas: JSON, taken: JSON) -> dict[str, str]:
    """Two services may call different shapes by one name."""
    return {
        name: name if taken.get(name, schema) == schema else f"{service.title()}{name}"
        for name, schema in schemas.items()
    }


def _point(part: Any, renamed: Mapping[str, str]) -> None:
    """Let references follow their shapes."""
    if isinstance(part, dict):
        target = part.get("$ref")
        if isinstance(target, str) and target.startswith(_SCHEMAS):
            name = target.removeprefix(_SCHEMAS)
            part["$ref"] = _SCHEMAS + renamed.get(name, name)
        for inner in part.values():
            _point(inner, renamed)
    elif isinstance(part, list):
        for inner in part:
            _point(inner, renamed)


_ABOUT = (
    "Compatible with clients of the Discord v10 API. Operations marked x-extension are our own. "
    "Ids are snowflakes in strings; unknown keys are ignored."
)
_TOKEN: JSON = {
    "type": "apiKey",
    "in": "header",
    "name": "Authorization",
    "description": "`TOKEN` of a person, `Bot TOKEN` of a bot.",
}
_ERROR: JSON = {
    "type": "object",
    "required": ["message", "code"],
    "properties": {"message": {"type": "string"}, "code": {"type": "integer"}},
}
_SHAPES: JSON = {
    "Error": _ERROR,
    "FormError": {
        **_ERROR,
        "properties": {
            **_ERROR["properties"],
            "errors": {"type": "object", "description": "Nested by field; `_errors` at the leaf."},
        },
    },
    "RateLimited": {
        "type": "object",
        "required": ["message", "retry_after", "global"],
        "properties": {
            "message": {"type": "string"},
            "retry_after": {"type": "number", "description": "Seconds"},
            "global": {"type": "boolean"},
        },
    },
}


def _response(says: str, shape: str) -> JSON:
    schema = {"$ref": _SCHEMAS + shape}
    return {"description": says, "content": {"application/json": {"schema": schema}}}


_RESPONSES: JSON = {
    "Refused": _response("It may not be done, or the thing is not there.", "Error"),
    "Invalid": _response("A field is wrong: code 50035 and where.", "FormError"),
    "TooMany": _response("Too often; ask again after `retry_after`.", "RateLimited"),
    "Unavailable": _response("A service is away: nothing was decided, ask again.", "Error"),
}


def router(reference: Reference) -> APIRouter:
    """The document, and a page to read it."""
    page = Path(__file__).with_name("docs.html").read_text(encoding="utf-8")
    routes = APIRouter()

    @routes.get("/openapi.json")
    async def openapi(request: Request) -> Response:
        """The whole surface as OpenAPI."""
        own = description(request.app)
        return Response(await reference.document(own), media_type="application/json")

    @routes.get("/docs")
    async def docs() -> HTMLResponse:
        """The same for people."""
        return HTMLResponse(page)

    return routes
