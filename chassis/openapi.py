"""What a service says of its own HTTP routes, for whoever gathers it: FastAPI's description, and
the hot routes that FastAPI does not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.responses import Response

PATH = "/openapi.json"
"""Inside the house only: the edge routes nothing here."""
_REFS = "#/components/schemas/{model}"


class Described(NamedTuple):
    """A hot route in words."""

    method: str
    path: str
    says: str
    form: type[BaseModel] | None = None
    query: Sequence[str] = ()


def publish(app: FastAPI, hot: Sequence[Described] = ()) -> None:
    """Answer what this app serves, and these routes."""

    async def openapi() -> Response:
        return Response(orjson.dumps(description(app, hot)), media_type="application/json")

    app.add_api_route(PATH, openapi, methods=["GET"], include_in_schema=False)


def description(app: FastAPI, hot: Sequence[Described] = ()) -> dict[str, Any]:
    """As OpenAPI."""
    found: dict[str, Any] = {"paths": {}, "components": {"schemas": {}}}
    found["paths"] |= {path: dict(item) for path, item in app.openapi()["paths"].items()}
    found["components"]["schemas"] |= app.openapi().get("components", {}).get("schemas", {})
    for route in hot:
        operation: dict[str, Any] = {"description": route.says, "responses": {}}
        slots = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
        operation["parameters"] = [
            *({"name": name, "in": "path", "required": True, "schema": _WORD} for name in slots),
            *({"name": name, "in": "query", "schema": _WORD} for name in route.query),
        ]
        if route.form is not None:
            schema = route.form.model_json_schema(ref_template=_REFS)
            found["components"]["schemas"] |= schema.pop("$defs", {})
            operation["requestBody"] = {"content": {"application/json": {"schema": schema}}}
        found["paths"].setdefault(route.path, {})[route.method.lower()] = operation
    return found


_WORD = {"type": "string"}
