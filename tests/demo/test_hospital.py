"""The demo hospital: its days are possible, its messages are HL7, and nothing it says is lost."""

import json
import random
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

import pytest
from demo_hospital import places
from demo_hospital.cli import main
from demo_hospital.day import Day, Settings
from demo_hospital.diary import Diary
from demo_hospital.hospital import NEW_CLASS, Hospital
from demo_hospital.messages import Writer, escaped
from demo_hospital.people import Happening
from demo_hospital.wire import Answer, Wire

NOW = 1_796_000_000
ZONE = ZoneInfo("Europe/Brussels")


def told(seed: int, count: int) -> Iterator[Happening]:
    hospital = Hospital(seed)
    for happened in hospital.fill(NOW, 18):
        yield from happened
    for number in range(count):
        yield from hospital.step(NOW + 60 * number)
        lying = [visit.bed for visit in hospital.visits.values() if visit.admitted and visit.bed[2]]
        assert len(lying) == len({tuple(bed) for bed in lying}), "two patients in one bed"


def texts(seed: int, count: int) -> list[str]:
    writer = Writer(ZONE)
    return [writer.write(one, f"H{n}", NOW) for n, one in enumerate(told(seed, count))]


def test_same_seed_same_days() -> None:
    assert texts(7, 200) == texts(7, 200)
    assert texts(7, 200) != texts(8, 200)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_all_kinds_of_messages_are_told(seed: int) -> None:
    counts = Counter(one.trigger for one in told(seed, 1500))
    assert set(counts) == {
        *("A01", "A02", "A03", "A04", "A05", "A06", "A08", "A11", "A12", "A13"),
        *("A20", "A28", "A31", "A40", "S12", "S13", "S14", "S15", "S26"),
        *("O13", "R01", "P03", "O05"),
    }
    assert counts["A01"] > 30
    classes = [one.visit.kind for one in told(seed, 60) if one.visit]
    assert NEW_CLASS in classes, "nothing to decide within the first minutes"


def test_wards_are_neither_empty_nor_full() -> None:
    hospital = Hospital(6)
    for number in range(1500):
        hospital.step(NOW + 60 * number)
        if number > 200:
            beds = len(places.BEDS) - places.BY_CODE["ED"].rooms
            lying = [one for one in hospital.visits.values() if one.admitted and one.kind == "I"]
            assert 0.4 < len(lying) / beds < 1


def test_a_hospital_is_restored_as_it_was() -> None:
    hospital = Hospital(5)
    for number in range(150):
        hospital.step(NOW + number)
    again = Hospital.restored(json.loads(json.dumps(hospital.state())))
    assert again.state() == hospital.state()
    for number in range(50):
        assert again.step(NOW + 200 + number) == hospital.step(NOW + 200 + number)


def test_text_is_escaped() -> None:
    assert escaped("a|b^c~d&e\\f") == "a\\F\\b\\S\\c\\R\\d\\T\\e\\E\\f"


# -- the wire -----------------------------------------------------------------------------

Reply = Callable[[str, int], bytes | None]


def accepted(control: str, code: str = "AA") -> bytes:
    return f"\x0bMSH|^~\\&|ODOO|||||ACK|1|T|2.5.1\rMSA|{code}|{control}\r\x1c\r".encode()


class Listener:
    """Takes messages; ``reply`` says what is sent back: bytes, or None to break the connection."""

    def __init__(self, reply: Reply) -> None:
        self.received: list[str] = []
        self._reply = reply
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _address = self._server.accept()
            except OSError:
                return
            with connection:
                self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        rest = b""
        while data := connection.recv(65536):
            rest += data
            while b"\x1c\r" in rest:
                frame, _end, rest = rest.partition(b"\x1c\r")
                text = frame.lstrip(b"\x0b").decode()
                self.received.append(text)
                answer = self._reply(text.split("|")[9], len(self.received))
                if answer is None:
                    return
                connection.sendall(answer)

    def close(self) -> None:
        self._server.close()


@pytest.fixture
def listen() -> Iterator[Callable[[Reply], Listener]]:
    opened: list[Listener] = []

    def make(reply: Reply) -> Listener:
        opened.append(Listener(reply))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


MESSAGE = "MSH|^~\\&|A|B|C|D|1||ADT^A01|H1|T|2.5.1\r"


def send(port: int, timeout: float = 5.0) -> tuple[Answer, Wire]:
    wire = Wire("127.0.0.1", port, threading.Event(), timeout)
    try:
        return wire.send(MESSAGE), wire
    finally:
        wire.close()


def test_an_answer(listen) -> None:
    answer, wire = send(listen(lambda control, _n: accepted(control)).port)
    assert (answer.is_accepted, wire.resent) == (True, 0)


def test_a_refusal_is_an_answer(listen) -> None:
    error = "\rERR||PV1^1^19|101|E|||PV1-19 is missing|PV1-19: required\r\x1c\r"
    reply = accepted("H1", "AE").replace(b"\r\x1c\r", error.encode())
    answer, wire = send(listen(lambda _control, _n: reply).port)
    assert answer == Answer("AE", "PV1-19: required")
    assert wire.resent == 0


def test_without_an_answer_the_same_is_sent_again(listen) -> None:
    listener = listen(lambda control, n: None if n == 1 else accepted(control))
    answer, wire = send(listener.port)
    assert answer.is_accepted
    assert listener.received == [MESSAGE, MESSAGE]
    assert wire.resent == 1


def test_silence_is_no_answer(listen) -> None:
    listener = listen(lambda control, n: b"" if n == 1 else accepted(control))
    answer, _wire = send(listener.port, timeout=0.3)
    assert answer.is_accepted
    assert listener.received == [MESSAGE, MESSAGE]


def test_the_answer_of_another_message_does_not_count(listen) -> None:
    reply = accepted("H0", "AR") + accepted("H1")
    answer, _wire = send(listen(lambda _control, _n: reply).port)
    assert answer.code == "AA"


def test_it_waits_for_a_listener_that_comes_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    stopping = threading.Event()
    day = threading.Thread(target=lambda: Wire("127.0.0.1", port, stopping).close())
    day.start()
    day.join()
    found: list[Answer] = []
    wire = Wire("127.0.0.1", port, stopping)
    sender = threading.Thread(target=lambda: found.append(wire.send(MESSAGE)))
    sender.start()
    server = socket.create_server(("127.0.0.1", port))
    with server:
        connection, _address = server.accept()
        with connection:
            assert connection.recv(65536).startswith(b"\x0bMSH")
            connection.sendall(accepted("H1"))
            sender.join(10)
    assert found == [Answer("AA")]


# -- days ---------------------------------------------------------------------------------


def run(tmp_path, port: int, limit: int) -> Day:
    stopping = threading.Event()
    diary = Diary(tmp_path / "hospital.json", seed=3)
    settings = Settings(ZONE, pace=6000, limit=limit)
    day = Day(diary, Wire("127.0.0.1", port, stopping), settings, stopping, clock=lambda: NOW)
    day.run()
    return day


def test_it_introduces_itself_and_goes_on(tmp_path, listen) -> None:
    listener = listen(lambda control, _n: accepted(control))
    run(tmp_path, listener.port, 12)
    types = [text.split("|")[8].split("^")[1] for text in listener.received]
    assert types == ["M02", *["M05"] * len(places.WARDS), *["A01"] * 4]


def test_what_was_not_answered_is_sent_again_after_a_pause_as_it_was(tmp_path, listen) -> None:
    first = listen(lambda control, _n: accepted(control))
    run(tmp_path, first.port, 9)
    diary = json.loads((tmp_path / "hospital.json").read_text())
    diary["waiting"] = ["MSH|^~\\&|A|B|C|D|1||ADT^A01|H00000010|T|2.5.1\r"]
    (tmp_path / "hospital.json").write_text(json.dumps(diary))
    second = listen(lambda control, _n: accepted(control))
    run(tmp_path, second.port, 11)
    controls = [text.split("|")[9] for text in second.received]
    assert controls == ["H00000010", "H00000011"]
    assert second.received[0] == diary["waiting"][0]


@pytest.mark.parametrize(
    "arguments", [["--pace", "0"], ["--pace", "7000"], ["--zone", "Mars/Base"]]
)
def test_impossible_settings_are_refused(arguments, tmp_path) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--state", str(tmp_path / "x.json"), *arguments])
    assert caught.value.code == 2


def test_a_broken_memory_is_told(tmp_path, capsys) -> None:
    (tmp_path / "x.json").write_text("{")
    assert main(["--state", str(tmp_path / "x.json")]) == 2
    assert "cannot be used" in capsys.readouterr().err


def test_chance_does_not_depend_on_that_of_others() -> None:
    random.seed(1)
    first = texts(1, 30)
    random.seed(2)
    assert texts(1, 30) == first
