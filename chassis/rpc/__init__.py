"""Calls between services over raw TCP: asking (Calls) and answering (RpcServer).

What may be asked is declared in contracts.rpc; nothing here knows a call by name.
"""

from chassis.rpc.client import Calls
from chassis.rpc.link import Link
from chassis.rpc.server import RpcServer

__all__ = ["Calls", "Link", "RpcServer"]
