"""Loads fixtures only."""

pytest_plugins = (
    "tests.fixtures.thrift",
    "tests.fixtures.redis",
    "tests.fixtures.redis_cluster",
    "tests.fixtures.homes",
    "tests.fixtures.postgres",
    "tests.fixtures.buses",
    "tests.fixtures.groups",
    "tests.fixtures.houses",
    "tests.fixtures.published",
)
