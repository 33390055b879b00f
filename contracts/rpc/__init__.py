"""Every call between services, declared once. Importing this package fills the registry."""

from contracts.rpc import community, edge, presence, users
from contracts.rpc.base import REGISTRY, Ask, Call, Cast, Done

__all__ = ["REGISTRY", "Ask", "Call", "Cast", "Done", "community", "edge", "presence", "users"]
