"""A client for whatever is no event: keys that lapse, leases, limits, small scripts.

On a cluster it is redis-py's own, with its way to fail made that of the other one: whoever uses it
need not know which it is. What several keys are asked of together goes out in a pipeline, never in
one command, as a cluster has them in several places.
"""

from __future__ import annotations

from typing import Any, cast

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisClusterException

from chassis.bus.urls import Place

_CLIENTS = 16
_PATIENCE_S = 2


class _Cluster(RedisCluster):
    async def initialize(self, *args: Any, **kwargs: Any) -> RedisCluster:
        try:
            return await super().initialize(*args, **kwargs)
        except RedisClusterException as error:
            raise RedisConnectionError(str(error)) from error

    async def execute_command(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return await super().execute_command(*args, **kwargs)
        except RedisClusterException as error:
            raise RedisConnectionError(str(error)) from error


def one_server(url: str) -> Redis:
    """A client of one server: nothing in it waits longer than two seconds."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=_CLIENTS,
        timeout=_PATIENCE_S,
        socket_timeout=_PATIENCE_S,
        socket_connect_timeout=_PATIENCE_S,
        retry=Retry(NoBackoff(), 1),
        driver_info=None,  # looked up on the disk for each connection
    )
    return Redis.from_pool(pool)


def of_cluster(place: Place) -> Redis:
    """A client of a cluster, of which no node is waited for longer than that."""
    made = _Cluster(
        startup_nodes=[ClusterNode(host, port) for host, port in place.addresses],
        username=place.login[0],
        password=place.login[1],
        ssl=place.scheme == "rediss",
        max_connections=_CLIENTS,
        socket_timeout=_PATIENCE_S,
        socket_connect_timeout=_PATIENCE_S,
        retry=Retry(NoBackoff(), 2),
        require_full_coverage=False,
    )
    # What we use of both is called alike.
    return cast(Redis, made)


class Script:
    """A script of one key, as a client of either kind runs it."""

    def __init__(self, redis: Redis, text: str) -> None:
        self._text = text
        self._known = redis.register_script(text)
        self._is_cluster = isinstance(redis, RedisCluster)

    async def __call__(self, key: str, *args: Any) -> Any:
        """Run it."""
        return await self._known(keys=[key], args=args)

    async def queue(self, pipe: Any, key: str, *args: Any) -> None:
        """Run it with what else a pipeline holds."""
        if self._is_cluster:
            # redis-py knows no EVALSHA there, as every server would have to know the script.
            pipe.eval(self._text, 1, key, *args)
        else:
            await self._known(keys=[key], args=args, client=pipe)
