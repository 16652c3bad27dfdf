"""The reference of mllp_durable: ``python -m tests.bench.mllp_reference PORT``.

The echo server of hl7 from PyPI as its documentation shows it: each message is read, parsed and
acknowledged, and nothing is kept.
"""

import asyncio
import sys

from hl7.mllp import start_hl7_server


async def _converse(reader, writer) -> None:
    try:
        while not writer.is_closing():
            message = await reader.readmessage()
            writer.writemessage(message.create_ack())
            await writer.drain()
    except asyncio.IncompleteReadError:
        pass  # the client has ended
    writer.close()
    await writer.wait_closed()


async def _serve(port: int) -> None:
    async with await start_hl7_server(_converse, "127.0.0.1", port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
