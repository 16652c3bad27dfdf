"""The demo clinic: its days are possible, its resources are FHIR, and nothing it says is lost."""

import json
import stat
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from demo_clinic import certificate, notices, page, places, settings
from demo_clinic.cli import main
from demo_clinic.clinic import Clinic
from demo_clinic.day import LOST_EVERY, PATIENTS, Day
from demo_clinic.diary import Diary
from demo_clinic.door import Door
from demo_clinic.reader import Reader
from demo_clinic.records import Records, Resource
from demo_clinic.server import FhirServer
from demo_partners.web import LoopbackServer, Request, Response, json_response
from fhir.resources.R4B import get_fhir_model_class

NOW = 1_796_000_000
BASE = "http://127.0.0.1:8074/fhir"
TOKEN = "token of the test"


def days(seed: int, count: int) -> Iterator[list[Resource]]:
    clinic = Clinic(seed)
    yield clinic.open(NOW)
    yield from clinic.fill(NOW, PATIENTS)
    for number in range(count):
        yield clinic.step(NOW + 60 * number)
        bays = [one.place for one in clinic.here() if one.place in places.BAYS]
        assert len(bays) == len(set(bays)), "two patients in one bay"


def test_same_seed_same_days() -> None:
    assert list(days(7, 200)) == list(days(7, 200))
    assert list(days(7, 200)) != list(days(8, 200))


def test_all_is_fhir_as_an_independent_library_reads_it() -> None:
    for number, changed in enumerate(days(1, 150)):
        bundles = [notices.lists(BASE, changed), notices.event(BASE, number, changed, NOW)]
        for one in [*changed, *bundles]:
            get_fhir_model_class(one["resourceType"])(**one)
    for one in (notices.handshake(BASE, NOW), notices.heartbeat(BASE, 3, NOW)):
        get_fhir_model_class("Bundle")(**one)


@pytest.mark.parametrize("seed", [1, 2])
def test_everything_happens(seed: int) -> None:
    told = [one for changed in days(seed, 2500) for one in changed]
    found = {(one["resourceType"], one.get("status")) for one in told}
    visits = {"planned", "in-progress", "finished", "cancelled"}
    assert {status for kind, status in found if kind == "Encounter"} == visits
    bookings = {"booked", "checked-in", "fulfilled", "cancelled", "noshow"}
    assert {status for kind, status in found if kind == "Appointment"} == bookings
    assert {status for kind, status in found if kind == "Slot"} == {"free", "busy"}
    stays = [len(one.get("location", ())) for one in told if one["resourceType"] == "Encounter"]
    assert max(stays) > 2


def test_a_clinic_is_restored_as_it_was_and_does_not_grow() -> None:
    clinic = Clinic(5)
    clinic.open(NOW)
    sizes = []
    for number in range(3000):
        clinic.step(NOW + 60 * number)
        if number % 1000 == 999:
            sizes.append(len(json.dumps(clinic.state())))
    assert sizes[-1] < 1.5 * sizes[0]
    again = Clinic.restored(json.loads(json.dumps(clinic.state())))
    assert again.state() == clinic.state()
    for number in range(20):
        assert again.step(NOW + 200_000 + number) == clinic.step(NOW + 200_000 + number)


# -- its server ------------------------------------------------------------------------------


@dataclass
class Opened:
    """A clinic's server, and the authority that those who ask trust."""

    server: FhirServer
    authority: Path

    @property
    def base(self) -> str:
        return self.server.base

    @property
    def records(self) -> Records:
        return self.server.records

    def request(self, method: str, path: str, token: str = TOKEN) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{self.base}/{path}"
        return requests.request(method, url, headers=headers, timeout=10, verify=self.authority)


@pytest.fixture(scope="module")
def pems() -> tuple[str, str]:
    return certificate.make()


@pytest.fixture
def opened(pems, tmp_path) -> Iterator[Opened]:
    authority, own = pems
    (tmp_path / "authority.pem").write_text(authority)
    clinic = Clinic(1)
    clinic.open(NOW)
    server = FhirServer(clinic.records, threading.Lock(), TOKEN, certificate.context(own))
    server.start()
    yield Opened(server, tmp_path / "authority.pem")
    server.stop()


def ask(opened: Opened, path: str, token: str = TOKEN) -> tuple[int, Any]:
    answer = opened.request("GET", path, token)
    return answer.status_code, answer.json()


def test_who_does_not_trust_its_authority_gets_nothing(opened) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{opened.base}/metadata", timeout=10)


def test_it_says_what_it_can_do_to_anybody_and_nothing_else(opened) -> None:
    status, found = ask(opened, "metadata", "wrong")
    assert (status, found["fhirVersion"]) == (200, "4.0.1")
    get_fhir_model_class("CapabilityStatement")(**found)
    status, found = ask(opened, "Slot", "wrong")
    assert (status, found["resourceType"]) == (401, "OperationOutcome")
    assert opened.request("POST", "Slot").status_code == 405


def test_pages_have_everything_once_in_the_order_of_changes(opened) -> None:
    path, found = "Slot?_sort=_lastUpdated&_count=7", []
    while path:
        status, bundle = ask(opened, path)
        assert status == 200
        get_fhir_model_class("Bundle")(**bundle)
        found += [entry["resource"] for entry in bundle["entry"]]
        links = {link["relation"]: link["url"] for link in bundle["link"]}
        assert "_sort=_lastUpdated" in links["self"]
        path = links.get("next", "").removeprefix(f"{opened.base}/")
    moments = [one["meta"]["lastUpdated"] for one in found]
    assert moments == sorted(moments)
    assert len({one["id"] for one in found}) == len(found) == 40


def test_what_has_changed_since(opened) -> None:
    last = opened.records.of_type("Slot")[-1]
    changed = opened.records.put({**last, "status": "busy"}, NOW + 60)
    since = last["meta"]["lastUpdated"]
    _status, bundle = ask(opened, f"Slot?_lastUpdated=gt{since}")
    assert [entry["resource"] for entry in bundle["entry"]] == [changed]
    _status, bundle = ask(opened, f"Slot?_lastUpdated=ge{since}&status=free")
    assert bundle["total"] == 0
    assert ask(opened, f"Slot/{last['id']}") == (200, changed)


@pytest.mark.parametrize(
    "path", ["Slot?_lastUpdated=2026", "Slot?_lastUpdated=ge2026-01-01", "Slot?name=x"]
)
def test_what_it_does_not_understand_is_refused(opened, path: str) -> None:
    status, found = ask(opened, path)
    assert (status, found["resourceType"]) == (400, "OperationOutcome")


# -- days ------------------------------------------------------------------------------------


Reply = Callable[[Request, int], Response]


class FakeOdoo:
    """Takes Bundles and shows orders; ``reply`` answers what is posted."""

    def __init__(self) -> None:
        self.posted: list[Resource] = []
        self.searches: list[str] = []
        self.reply: Reply = lambda _request, _number: json_response(200, {})
        self.server = LoopbackServer(self.handle)
        self.server.open()

    def handle(self, request: Request) -> Response:
        if request.method == "POST":
            self.posted.append(json.loads(request.body))
            return self.reply(request, len(self.posted))
        return self._shown(request)

    def _shown(self, request: Request) -> Response:
        kind = request.path.rpartition("/")[2]
        if kind == "metadata":
            shown = ("Location", "DeviceDefinition", "SupplyRequest")
            return json_response(200, {"rest": [{"resource": [{"type": one} for one in shown]}]})
        self.searches.append(f"{kind}?{'&'.join(sorted(request.query))}")
        page_two = request.query.get("_page")
        bundle = {
            "resourceType": "Bundle", "meta": {"lastUpdated": "2026-03-02T08:00:00.123456Z"},
            "entry": [{"resource": self._order(page_two)}],
        }  # fmt: skip
        if not page_two:
            # By a name of the host that the clinic cannot reach.
            following = f"https://odoo.example/integration/fhir/view/{kind}?_page=2"
            bundle["link"] = [{"relation": "next", "url": following}]
        return json_response(200, bundle)

    def _order(self, page_two: str | None) -> Resource:
        return {
            "id": page_two or "1", "status": "completed" if page_two else "active",
            "identifier": [{"value": f"Q{page_two or 1}"}],
            "itemCodeableConcept": {"text": "Gloves"},
        }  # fmt: skip


@pytest.fixture
def odoo() -> Iterator[FakeOdoo]:
    fake = FakeOdoo()
    yield fake
    fake.server.close()


def live(tmp_path, odoo: FakeOdoo, limit: int) -> Day:
    stopping, moments = threading.Event(), iter(range(NOW, NOW + 10**6))
    diary = Diary(tmp_path / "clinic.json", seed=3)
    day = Day(
        diary,
        Door(f"{odoo.server.url}/door", ("me", "secret"), stopping),
        Reader(f"{odoo.server.url}/view", ("me", "secret"), diary.reader),
        threading.Lock(),
        stopping,
        base=BASE,
        pace=60_000,
        limit=limit,
        clock=lambda: next(moments),
    )
    day.run()
    return day


def kinds(bundle: Resource) -> Counter[str]:
    return Counter(entry["resource"]["resourceType"] for entry in bundle["entry"])


def test_it_opens_with_its_lists_and_greets_then_tells_who_is_there(tmp_path, odoo) -> None:
    live(tmp_path, odoo, 10)
    lists, greeting, first = odoo.posted[:3]
    assert (lists["type"], kinds(lists)["Slot"]) == ("transaction", 0)
    assert kinds(lists)["Location"] == len(places.locations())
    assert "handshake" in json.dumps(greeting)
    assert kinds(first)["Encounter"] == 1
    assert all(not kinds(one)["Slot"] for one in odoo.posted)


def numbers(odoo: FakeOdoo) -> list[int]:
    said = [
        {part["name"]: part for part in one["entry"][0]["resource"].get("parameter", ())}
        for one in odoo.posted
    ]
    told = [one for one in said if one.get("type", {}).get("valueCode") == "event-notification"]
    return [int(one["events-since-subscription-start"]["valueString"]) for one in told]


def test_events_are_counted_and_one_is_lost_now_and_then(tmp_path, odoo) -> None:
    day = live(tmp_path, odoo, 40)
    told = numbers(odoo)
    assert told == sorted(set(told))
    missing = set(range(1, told[-1])) - set(told)
    assert missing == {number for number in range(13, told[-1]) if number % LOST_EVERY == 0}
    assert day.lost == len(missing) > 0


def test_what_was_not_answered_is_sent_again_as_it_was(tmp_path, odoo) -> None:
    odoo.reply = lambda _request, number: json_response(503 if number == 3 else 200, {})
    day = live(tmp_path, odoo, 5)
    assert odoo.posted[2] == odoo.posted[3]
    assert len(odoo.posted) == 6
    assert day.answers == {200: 5}


def test_a_refusal_is_an_answer_and_is_told(tmp_path, odoo) -> None:
    refusal = {"issue": [{"code": "invalid", "diagnostics": "There is no id."}]}
    odoo.reply = lambda _request, number: json_response(400 if number == 2 else 200, refusal)
    day = live(tmp_path, odoo, 4)
    assert len(odoo.posted) == 4
    assert day.answers == {200: 3, 400: 1}
    assert "There is no id." in page.whole(day)


def test_what_was_begun_goes_on_after_a_pause(tmp_path, odoo) -> None:
    live(tmp_path, odoo, 6)
    diary = json.loads((tmp_path / "clinic.json").read_text())
    diary["waiting"] = [odoo.posted[-1]]
    (tmp_path / "clinic.json").write_text(json.dumps(diary))
    live(tmp_path, odoo, 9)
    assert odoo.posted[6] == odoo.posted[5]
    assert numbers(odoo)[-1] > numbers(odoo)[5]


def test_it_reads_how_far_orders_are_page_by_page_and_then_what_changed(tmp_path, odoo) -> None:
    day = live(tmp_path, odoo, 60)
    assert day.reader.counts == {"Location": 2, "DeviceDefinition": 2}
    assert day.reader.orders == {
        "1": ["Q1", "Gloves", "active"], "2": ["Q2", "Gloves", "completed"],
    }  # fmt: skip
    orders = [one for one in odoo.searches if one.startswith("SupplyRequest")]
    assert orders[:3] == [
        "SupplyRequest?_count&_sort", "SupplyRequest?_page",
        "SupplyRequest?_count&_lastUpdated&_sort",
    ]  # fmt: skip
    assert "Gloves" in page.whole(day)


def test_the_page_names_no_patient(tmp_path, odoo) -> None:
    day = live(tmp_path, odoo, 30)
    shown = page.whole(day)
    people = [one.person for one in day.diary.clinic.cases.values()]
    assert people
    assert not [one for one in people if one["record"] in shown or one["family"] in shown]


# -- settings --------------------------------------------------------------------------------


def test_secrets_are_made_once_for_their_owner_alone(tmp_path, capsys) -> None:
    path = tmp_path / "clinic.json"
    assert main(["--config", str(path), "--init-config", "--odoo-url", "http://odoo"]) == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_text()
    assert main(["--config", str(path), "--init-config"]) == 0
    assert path.read_text() == before
    found = settings.load(path)
    assert found.door == f"http://odoo/integration/fhir/{found.token}"
    assert found.secret not in repr(found)
    path.chmod(0o644)
    assert main(["--config", str(path)]) == 2
    assert "chmod 600" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["{}", "[1]", "nothing"])
def test_settings_that_cannot_work_are_refused(tmp_path, capsys, text: str) -> None:
    path = tmp_path / "clinic.json"
    path.write_text(text)
    path.chmod(0o600)
    assert main(["--config", str(path)]) == 2
    assert str(path) in capsys.readouterr().err
