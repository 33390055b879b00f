"""The environment of every process."""

from __future__ import annotations

from stack.ports import Ports
from stack.services import HOUSE
from stack.wiring import Process, Wiring, processes

WIRING = Wiring(
    ports=Ports(8080),
    master=bytes(32),
    redis_url="redis://:secret@127.0.0.1:18171/0",
    database_url=lambda role: f"postgresql://{role}@127.0.0.1:18170/moim",
    blobs="/somewhere/blobs",
    gateways=2,
)


def test_variables_carry_the_prefix_of_their_service() -> None:
    for row in HOUSE:
        found = WIRING.environment(Process(row))
        assert all(name.startswith(row.prefix) for name in found)
        assert {"BIND", "PORT", "RPC_PORT", "ADMIN_PORT", "INSTANCE", "KEYRING", "NEIGHBOURS"} <= {
            name.removeprefix(row.prefix) for name in found
        }


def test_only_services_with_rows_get_the_database_and_as_their_own_role() -> None:
    for row in HOUSE:
        found = WIRING.environment(Process(row)).get(f"{row.prefix}DATABASE_URL")
        expected = row.schema and f"postgresql://{row.schema}@127.0.0.1:18170/moim"
        assert found == expected


def test_all_that_keep_or_show_files_share_one_folder() -> None:
    told = {row.name: WIRING.environment(Process(row)).get(f"{row.prefix}BLOBS") for row in HOUSE}
    assert {name for name, blobs in told.items() if blobs} == {
        "gateway",
        "user",
        "community",
        "chat",
    }


def test_media_knows_no_redis() -> None:
    assert "MEDIA_REDIS_URL" not in WIRING.environment(Process(HOUSE["media"]))
    assert "CHAT_REDIS_URL" in WIRING.environment(Process(HOUSE["chat"]))


def test_media_listens_for_packets_on_a_port_of_this_suite() -> None:
    found = WIRING.environment(Process(HOUSE["media"]))
    assert (found["MEDIA_UDP_BIND"], found["MEDIA_UDP_PORT"]) == ("127.0.0.1", "18172")


def test_each_worker_for_media_has_ports_of_its_own() -> None:
    first, second = map(WIRING.environment, processes(HOUSE["media"], 1, 2))
    assert (first["MEDIA_RPC_PORT"], second["MEDIA_RPC_PORT"]) == ("18100", "18122")
    assert (second["MEDIA_UDP_PORT"], second["MEDIA_INSTANCE"]) == ("18173", "media-2")


def test_a_neighbour_is_named_with_its_call_port() -> None:
    found = WIRING.environment(Process(HOUSE["chat"]))["CHAT_NEIGHBOURS"]
    assert found == "user=127.0.0.1:18085,community=127.0.0.1:18088"


def test_others_of_its_own_kind_are_no_neighbours() -> None:
    for process in processes(HOUSE["gateway"], 2):
        names = WIRING.environment(process)["GATEWAY_NEIGHBOURS"].split(",")
        found = [entry.split("=")[0] for entry in names]
        assert found == ["user", "community", "chat", "presence", "signaling"]


def test_the_gateway_knows_where_to_pass_requests_and_where_people_come_in() -> None:
    found = WIRING.environment(Process(HOUSE["gateway"], 1))
    assert found["GATEWAY_PORT"] == "8080"
    assert found["GATEWAY_INSTANCE"] == "gateway-2"
    assert found["GATEWAY_PUBLIC_URL"] == "http://127.0.0.1:8080"
    assert found["GATEWAY_UPSTREAMS"].startswith("user=127.0.0.1:18084,community=")
