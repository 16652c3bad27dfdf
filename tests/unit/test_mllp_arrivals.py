"""Handshakes at a port take no place of a connection, and the oldest gives way."""

import asyncio
import ssl
from contextlib import suppress
from functools import wraps

import pytest

from tests.unit.load_ehr import load
from tests.unit.mllp_stage import Reason, adt, answer, framed, settled, staged
from tests.unit.wire_server import Authority

arrivals = load("mllp.arrivals")
door = load("mllp.door")


@pytest.fixture
def authority(tmp_path):
    found = Authority.make()
    found.server_context(tmp_path, "localhost")  # leaves server.pem
    return found


def secured(test):
    """Run a coroutine with a listener that has a certificate, and the context of a partner."""

    @wraps(test)
    def run(authority, tmp_path):
        context = ssl.create_default_context(cadata=authority.pem)
        path = tmp_path / "client.pem"
        path.write_text("".join(authority.client_certificate("ehr.hospital.example")))
        context.load_cert_chain(path)

        @staged
        async def whole(stage):
            stage.listener.certificate.certificate = str(tmp_path / "server.pem")
            stage.door_of = {"tls": door.Tls.CLIENT, "client_ca": authority.pem}
            await test(stage, context)

        whole()

    del run.__wrapped__  # pytest would take its arguments for fixtures
    return run


async def partner(stage, context):
    return await asyncio.open_connection(
        "127.0.0.1", stage.door.port, ssl=context, server_hostname="localhost"
    )


async def is_closed(reader) -> bool:
    with suppress(ConnectionError):
        return await reader.read() == b""
    return True


@secured
async def test_strangers_who_stall_keep_no_partner_out(stage, context):
    stage.open(max_connections=2, **stage.door_of)
    strangers = [await stage.connect() for _each in range(20)]
    await settled()
    reader, writer = await asyncio.wait_for(partner(stage, context), 5)
    writer.write(framed(adt("PARTNER")))
    assert (await answer(reader))[2] == "PARTNER"
    assert stage.listener.statuses()[0].connections == 1
    assert stage.refusals() == {}
    for _reader, stranger in strangers:
        stranger.close()


@secured
async def test_the_oldest_handshake_gives_way(stage, context):
    stage.open(max_connections=2, **stage.door_of)
    strangers = [await stage.connect() for _each in range(arrivals.MOST_HANDSHAKES)]
    await settled()
    assert stage.refusals() == {}
    reader, writer = await asyncio.wait_for(partner(stage, context), 5)
    writer.write(framed(adt("PARTNER")))
    assert (await answer(reader))[2] == "PARTNER"
    assert stage.refusals() == {Reason.TLS: 1}
    assert await is_closed(strangers[0][0])
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(strangers[1][0].read(), 0.2)


@secured
async def test_partners_have_as_many_places_as_they_may(stage, context):
    stage.open(max_connections=2, **stage.door_of)
    both = [await partner(stage, context) for _each in range(2)]
    await settled()
    reader, _writer = await stage.connect()
    assert await is_closed(reader)
    assert stage.refusals() == {Reason.CONNECTIONS: 1}
    for reader, writer in both:
        writer.write(framed(adt("KEPT")))
        assert (await answer(reader))[2] == "KEPT"


@secured
async def test_handshakes_at_once_take_no_more_places_than_there_are(stage, context):
    """Nothing is read of one that comes too late, though it sends with its handshake."""
    stage.open(max_connections=2, **stage.door_of)

    async def one(number):
        reader, writer = await partner(stage, context)
        writer.write(framed(adt(f"M{number}")))
        return (await answer(reader))[2]

    found = await asyncio.gather(*map(one, range(6)), return_exceptions=True)
    served = [each for each in found if isinstance(each, str)]
    assert len(served) == 2, found
    assert stage.refusals() == {Reason.CONNECTIONS: 4}
    assert stage.listener.statuses()[0].connections == 2


@secured
async def test_a_handshake_under_way_ends_with_the_port(stage, context):
    stage.open(**stage.door_of)
    reader, _writer = await stage.connect()
    await settled()
    stage.listener.apply({})
    assert await asyncio.wait_for(is_closed(reader), 5)
