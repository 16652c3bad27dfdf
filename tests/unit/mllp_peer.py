"""What a scripted listener of the tests does with the messages that it is sent."""

import socket

from tests.unit.load_ehr import load

mllp = load("hl7.mllp")


def read_message(connection: socket.socket, decoder=None) -> bytes:
    """The next message; ``b""`` at the end of the connection."""
    decoder = decoder or mllp.Decoder()
    while data := connection.recv(65536):
        for item in decoder.feed(data):
            if isinstance(item, mllp.Frame):
                return item.data
    return b""


def control_id_of(message: bytes) -> str:
    return message.split(b"\r")[0].split(b"|")[9].decode()


def ack(control_id: str, code: str = "AA", *further: str) -> bytes:
    """The frame of an acknowledgement.

    :param further: segments behind MSA
    """
    lines = [
        "MSH|^~\\&|EHR||ODOO||20261129||ACK|7|P|2.5.1",
        f"MSA|{code}|{control_id}",
        *further,
    ]
    return mllp.encode("".join(f"{line}\r" for line in lines).encode())
