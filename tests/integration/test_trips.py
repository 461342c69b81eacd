"""The hot path's round trips, below psycopg's cursors: what Postgres gets is what was meant."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from psycopg import errors

from collab.log import batch, packing, pool
from collab.log.trips import Statement, Trips

ECHO = Statement(
    "echo",
    """SELECT to_jsonb($1::uuid[])::text, $2::int8[]::text, $3::int2[]::text, $4::bool[]::text,
        $5::text[]::text, (SELECT string_agg(coalesce(encode(b, 'hex'), '-'), ',')
                           FROM unnest($6::bytea[]) b)""",
)


@pytest.fixture
async def trips(django_db_setup: None) -> AsyncIterator[Trips]:
    conn = await pool.connect(settings.LOG_DSN)
    yield Trips(conn)
    await conn.close()


async def test_packed_arrays_are_read_as_they_were_meant(trips: Trips) -> None:
    one, two = UUID(int=1), uuid4()
    trips.add(
        ECHO,
        packing.uuids([one, None, two]),
        packing.int8s([-(2**63), None, 2**63 - 1]),
        packing.int2s([-1, None]),
        packing.bools([True, False]),
        packing.texts(["plain", "", 'ü,"{}\\']),
        packing.bytestrings([b"\0\xff", None, b""]),
    )
    (row,) = (await trips.go())[ECHO.name]
    assert [bytes(value or b"").decode() for value in row] == [
        f'["{one}", null, "{two}"]',
        "{-9223372036854775808,NULL,9223372036854775807}",
        "{-1,NULL}",
        "{t,f}",
        '{plain,"","ü,\\"{}\\\\"}',
        "00ff,-,",
    ]


async def test_an_empty_array_is_no_fault(trips: Trips) -> None:
    count = Statement("count", "SELECT cardinality($1::uuid[])::int8")
    trips.add(count, packing.uuids([]))
    ((answer,),) = (await trips.go())[count.name]
    assert packing.number(answer) == 0


async def test_statements_of_one_trip_are_answered_by_name_and_in_order(trips: Trips) -> None:
    first, second = Statement("first", "SELECT 1::int8"), Statement("second", "SELECT 2::int8")
    for _ in range(3):  # prepared by the first trip, used again by the others
        trips.add(first)
        trips.push()
        trips.add(second)
        answers = await trips.go()
        assert [packing.number(answers[name][0][0]) for name in ("first", "second")] == [1, 2]


async def test_more_than_a_sockets_room_goes_in_one_trip(trips: Trips) -> None:
    size = Statement("size", "SELECT sum(length(b))::int8 FROM unnest($1::bytea[]) b")
    trips.add(size, packing.bytestrings([bytes(1_000_000)] * 20))
    ((answer,),) = (await trips.go())[size.name]
    assert packing.number(answer) == 20_000_000


async def test_the_first_failure_of_a_trip_is_raised_by_its_name(trips: Trips) -> None:
    trips.add(Statement("well", "SELECT 1::int8"))
    trips.add(Statement("bad", "SELECT 1 / 0"))
    trips.add(Statement("after", "SELECT 2::int8"))
    with pytest.raises(errors.DivisionByZero):
        await trips.go()


async def test_a_server_that_hangs_up_fails_the_trip(trips: Trips) -> None:
    trips.add(Statement("end", "SELECT pg_terminate_backend(pg_backend_pid())"))
    with pytest.raises(errors.OperationalError):
        await trips.go()


@pytest.mark.parametrize("statement", [batch._KNOWN, batch._MOVE, batch._LOCK_OR_SKIP])
async def test_a_plan_made_on_empty_tables_finds_rows_by_keys(
    trips: Trips, statement: Statement
) -> None:
    """A plan stays with its connection: one that reads whole tables would get slower for ever."""
    values = {"known": "uuid[], uuid[], uuid[]", "move": "uuid[], int8[], bytea[]"}
    kinds = values.get(statement.name, "uuid[]")
    nulls = ", ".join("NULL" for _ in kinds.split(","))
    await trips.conn.execute("SET plan_cache_mode = force_generic_plan")
    await trips.conn.execute(f"PREPARE planned ({kinds}) AS {statement.sql}".encode())
    told = await trips.conn.execute(f"EXPLAIN EXECUTE planned ({nulls})".encode())
    plan = "\n".join(line for (line,) in await told.fetchall())
    assert "Seq Scan" not in plan, plan
    assert "Index Scan" in plan, plan
