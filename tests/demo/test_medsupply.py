"""MedSupply over real sockets: orders in, confirmations out."""

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from demo_partners import signing
from demo_partners.orders import Behaviour

from tests.harness import wait_until

from .samples import EVENT, SECRET_IN, SECRET_OUT, encode, event, post

JSON = "application/json"


def states(supplier):
    return [sending.state for sending in supplier.store.sendings()]


def test_order_is_confirmed_and_signed(supplier, odoo, http):
    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    reply = post(
        http,
        supplier.url + "/orders",
        SECRET_OUT,
        **{"x-correlation-id": "corr-1", "traceparent": trace},
    )
    assert (reply.status_code, reply.json()["duplicate"]) == (202, False)
    wait_until(lambda: states(supplier) == ["accepted"])
    (request,) = odoo.received
    assert request.path == "/integration/webhook/secret-token"
    assert signing.verify([SECRET_IN], request.headers, request.body)
    assert not signing.verify([SECRET_OUT], request.headers, request.body)
    assert request.headers["content-type"] == JSON
    assert request.headers["x-correlation-id"] == "corr-1"
    assert request.headers["traceparent"].split("-")[1] == "a" * 32
    message = json.loads(request.body)
    assert message["order_no"] == "P00012"
    assert message["supplier_ref"] == reply.json()["receipt"]


def test_same_delivery_is_acknowledged_again_and_confirmed_once(supplier, odoo, http):
    replies = [post(http, supplier.url + "/orders", SECRET_OUT) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [202] * 3
    assert [reply.json()["duplicate"] for reply in replies] == [False, True, True]
    assert len({reply.json()["receipt"] for reply in replies}) == 1
    wait_until(lambda: states(supplier) == ["accepted"])
    assert len(odoo.received) == 1
    assert supplier.state()["orders"][0]["deliveries"] == 3


def test_simultaneous_deliveries_are_confirmed_once(supplier, odoo, http):
    with ThreadPoolExecutor(8) as pool:
        replies = list(
            pool.map(lambda _: post(http, supplier.url + "/orders", SECRET_OUT), range(16))
        )
    assert [reply.json()["duplicate"] for reply in replies].count(False) == 1
    wait_until(lambda: states(supplier) == ["accepted"])
    assert len(odoo.received) == 1


def test_same_id_with_another_body_is_refused(supplier, http):
    post(http, supplier.url + "/orders", SECRET_OUT)
    other = encode(event(order_number="P00099"))
    assert post(http, supplier.url + "/orders", SECRET_OUT, other).status_code == 409
    assert len(supplier.store.sendings()) == 1


def test_what_is_not_an_order_is_refused(supplier, http):
    url = supplier.url + "/orders"
    assert post(http, url, SECRET_IN).status_code == 401
    not_utf8 = http.post(
        url,
        data=b"\xff",
        headers=signing.signed_headers(SECRET_OUT, "msg_1", b"") | {"content-type": JSON},
    )
    assert not_utf8.status_code == 401
    assert http.post(url, data=b"{}", headers={"content-type": "text/xml"}).status_code == 415
    assert post(http, url, SECRET_OUT, b"{}").status_code == 422
    tampered = post(http, url, SECRET_OUT, **{"webhook-signature": "nonsense v1,AAAA"})
    assert tampered.status_code == 401
    assert http.post(url, data=b"x" * (1024 * 1024 + 1)).status_code == 413
    assert http.post(url, data=iter([b"{}"])).status_code == 411
    assert supplier.store.orders() == []


def test_both_secrets_work_during_a_rotation(make_supplier, http):
    supplier = make_supplier(secrets_out=[SECRET_IN, SECRET_OUT])
    assert post(http, supplier.url + "/orders", SECRET_OUT).status_code == 202


def test_confirmation_is_repeated_until_odoo_takes_it(supplier, odoo, http):
    odoo.replies = [503, 404]
    post(http, supplier.url + "/orders", SECRET_OUT)
    wait_until(lambda: states(supplier) == ["accepted"])
    assert len(odoo.received) == 3
    assert len({request.headers["webhook-id"] for request in odoo.received}) == 1
    assert len({request.body for request in odoo.received}) == 1
    assert supplier.store.sendings()[0].attempts == 3


def test_unreachable_odoo_is_noted_without_its_address(make_supplier, http):
    supplier = make_supplier(inbound_url="http://127.0.0.1:1/secret-token")
    post(http, supplier.url + "/orders", SECRET_OUT)
    wait_until(lambda: supplier.store.sendings()[0].attempts)
    assert supplier.store.sendings()[0].note == "no answer (ConnectionError)"
    assert "secret-token" not in http.get(supplier.url).text


def test_pending_confirmation_survives_a_restart(make_supplier, odoo, http):
    first = make_supplier(behaviour=Behaviour(delay=3))
    post(http, first.url + "/orders", SECRET_OUT)
    first.stop()
    assert odoo.received == []
    second = make_supplier()
    wait_until(lambda: states(second) == ["accepted"])
    again = post(http, second.url + "/orders", SECRET_OUT)
    assert again.json()["duplicate"]


def test_order_and_confirmation_are_stored_together(make_supplier, http, tmp_path, monkeypatch):
    """A crash between the two would lose the confirmation: the retry looks like a duplicate."""
    supplier = make_supplier()

    def fail(*_args):
        raise sqlite3.OperationalError("disk full")

    monkeypatch.setattr(supplier.store, "add_sending", fail)
    assert post(http, supplier.url + "/orders", SECRET_OUT).status_code == 500
    monkeypatch.undo()
    assert supplier.store.orders() == []
    assert post(http, supplier.url + "/orders", SECRET_OUT).json()["duplicate"] is False


def test_resend_is_a_duplicate_or_a_conflict(supplier, odoo, http):
    post(http, supplier.url + "/orders", SECRET_OUT)
    wait_until(lambda: states(supplier) == ["accepted"])
    url = supplier.url + "/resend"
    page = http.post(url, data={"sending": "1"})
    assert page.status_code == 200
    assert "On its way again" in page.text
    assert http.post(url, json={"sending": 1, "quantity": "7"}).json() == {"sending": 3}
    wait_until(lambda: states(supplier) == ["accepted"] * 3)
    first, duplicate, conflict = odoo.received
    assert duplicate.headers["webhook-id"] == conflict.headers["webhook-id"]
    assert duplicate.headers["webhook-id"] == first.headers["webhook-id"]
    assert duplicate.body == first.body
    assert json.loads(conflict.body)["positions"][0]["qty"] == "7"
    kinds = [sending.kind for sending in supplier.store.sendings()]
    assert kinds == ["conflict", "duplicate", "confirmation"]


def test_resend_refuses_nonsense(supplier, http):
    assert http.post(supplier.url + "/resend", data={"sending": "99"}).status_code == 404
    assert http.post(supplier.url + "/resend", data={}).status_code == 404
    assert http.post(supplier.url + "/resend", data={"sending": "x"}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://elsewhere.example"}, {"origin": "null"}, {"host": "elsewhere.example"}],
)
def test_buttons_of_other_pages_do_nothing(supplier, http, headers):
    reply = http.post(supplier.url + "/behaviour", data={"delay": "9"}, headers=headers)
    assert reply.status_code == 403
    assert supplier.behaviour.delay == 0


def test_held_back_confirmations_leave_when_switched_on(make_supplier, odoo, http):
    supplier = make_supplier(behaviour=Behaviour(delay=0, confirm=False))
    post(http, supplier.url + "/orders", SECRET_OUT)
    assert states(supplier) == ["pending"]
    assert odoo.received == []
    http.post(supplier.url + "/behaviour", json={"confirm": True})
    wait_until(lambda: states(supplier) == ["accepted"])


def test_supplier_out_of_order(supplier, http):
    supplier.set_behaviour(reply_status=503)
    assert post(http, supplier.url + "/orders", SECRET_OUT).status_code == 503
    supplier.set_behaviour(reply_status=0)
    assert post(http, supplier.url + "/orders", SECRET_OUT).status_code == 202
    assert http.post(supplier.url + "/behaviour", data={"delay": "-1"}).status_code == 400


def test_page_shows_and_escapes(supplier, odoo, http):
    line = EVENT["data"]["lines"][0] | {"unit": "<script>"}
    post(http, supplier.url + "/orders", SECRET_OUT, encode(event(lines=[line])))
    post(http, supplier.url + "/orders", SECRET_OUT, encode(event(lines=[line])))
    wait_until(lambda: states(supplier) == ["accepted"])
    page = http.get(supplier.url).text
    assert "P00012" in page
    assert "Gloves &lt;M&gt;" in page
    assert "&lt;script&gt;" in page
    assert "2 times, kept once" in page
    assert "accepted · HTTP 202" in page
    live = http.get(supplier.url + "/?live=1").text
    assert live in page
    assert http.get(supplier.url + "/health").json() == {"status": "ok"}
    assert http.get(supplier.url + "/nothing").status_code == 404


def test_page_before_the_first_order(supplier, http):
    assert "No order yet" in http.get(supplier.url).text


def test_page_tells_of_failures(supplier, odoo, http):
    odoo.replies = [500]
    post(http, supplier.url + "/orders", SECRET_OUT)
    wait_until(lambda: supplier.store.sendings()[0].attempts == 1)
    assert "HTTP 500 · again" in http.get(supplier.url).text
