"""What a call is. A subclass declares service, callers, deadline and reply type; both ends are
typed by it.
"""

from __future__ import annotations

from typing import Any, ClassVar, Generic, TypeVar

from contracts.wire import Wire

R = TypeVar("R", bound=Wire)

REGISTRY: dict[str, type[Ask]] = {}
"""Every call and cast by wire name, `service.Name`."""


class Ask(Wire):
    """Anything one service says to another over a link."""

    service: ClassVar[str]
    callers: ClassVar[frozenset[str]] = frozenset()
    """Who may say it; anybody else is refused."""
    reply: ClassVar[type[Wire] | None] = None

    @classmethod
    def wire_name(cls) -> str:
        """The name on the wire."""
        return f"{cls.service}.{cls.__name__}"

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "service" not in cls.__dict__:
            return
        if cls.wire_name() in REGISTRY:
            raise TypeError(f"{cls.wire_name()} is declared twice")
        for base in cls.__mro__:
            metadata = getattr(base, "__pydantic_generic_metadata__", None)
            if metadata and metadata["origin"] is Call and metadata["args"]:
                cls.reply = metadata["args"][0]
        REGISTRY[cls.wire_name()] = cls


class Call(Ask, Generic[R]):
    """A question with an answer."""

    idempotent: ClassVar[bool] = True
    """Only these are retried."""
    deadline: ClassVar[float] = 1.0
    """Seconds until the asker gives up, unless it says otherwise."""


class Cast(Ask):
    """Told, not asked: no answer comes."""


class Done(Wire):
    """An answer that says only that it was done."""
