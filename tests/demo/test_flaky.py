"""Flaky Logistics over real sockets: each way of failing, and the log of it."""

import time

import pytest
import requests
from demo_partners.flaky import FlakyLogistics, FlakySettings

from tests.harness import wait_until

from .samples import SECRET_IN, SECRET_OUT, post


def deliver(http, flaky, **options):
    return post(http, flaky.url + "/deliveries", SECRET_OUT, **options)


@pytest.mark.parametrize(
    ("mode", "status"), [("ok", 202), ("500", 500), ("503", 503), ("410", 410)]
)
def test_statuses(flaky, http, mode, status):
    flaky.set_mode(mode)
    assert deliver(http, flaky).status_code == status


def test_throttled_names_the_seconds(flaky, http):
    flaky.set_mode("429", seconds=7)
    reply = deliver(http, flaky)
    assert (reply.status_code, reply.headers["retry-after"]) == (429, "7")


def test_slow(flaky, http):
    flaky.set_mode("slow", seconds=0.3)
    started = time.monotonic()
    assert deliver(http, flaky).status_code == 202
    assert time.monotonic() - started >= 0.3


def test_slow_answer_does_not_delay_the_end(tmp_path, http):
    flaky = FlakyLogistics(FlakySettings(tmp_path)).start()
    flaky.set_mode("slow", seconds=60)
    with pytest.raises(requests.Timeout):
        http.post(flaky.url, data=b"{}", timeout=0.2)
    started = time.monotonic()
    flaky.stop()
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("mode", ["garbage", "reset"])
def test_no_http_answer(flaky, http, mode):
    flaky.set_mode(mode, times=1)
    with pytest.raises(requests.ConnectionError) as caught:
        deliver(http, flaky)
    expected = "ConnectionResetError" if mode == "reset" else "BadStatusLine"
    assert expected in str(caught.value)
    assert flaky.log.latest()[0].result == mode
    assert deliver(http, flaky).status_code == 202


def test_closed_port_refuses_and_opens_again(flaky, http):
    assert deliver(http, flaky).status_code == 202  # leaves a kept-alive connection behind
    reply = http.post(flaky.control_url + "/mode", json={"mode": "closed", "seconds": 3})
    assert reply.status_code == 200
    with pytest.raises(requests.ConnectionError):
        deliver(http, flaky)
    assert http.get(flaky.control_url + "/state").json()["listening"] is False
    assert "opens in" in http.get(flaky.control_url).text
    wait_until(lambda: http.get(flaky.control_url + "/state").json()["listening"])
    assert deliver(http, flaky).status_code == 202
    assert flaky.setting.mode == "ok"


def test_another_mode_opens_the_port_at_once(flaky, http):
    flaky.set_mode("closed", seconds=0.3)
    flaky.set_mode("500")
    assert deliver(http, flaky).status_code == 500
    time.sleep(0.5)  # the end of the closed time must not undo the later choice
    assert deliver(http, flaky).status_code == 500


def test_fails_as_often_as_asked(flaky, http):
    flaky.set_mode("503", times=2)
    assert [deliver(http, flaky).status_code for _ in range(3)] == [503, 503, 202]


def test_log_counts_attempts_and_intervals(flaky, http):
    deliver(http, flaky, **{"x-correlation-id": "corr-1"})
    deliver(http, flaky, msg_id="msg_2")
    time.sleep(0.05)
    deliver(http, flaky)
    third, second, first = flaky.log.latest()
    assert [d.attempt for d in (first, second, third)] == [1, 1, 2]
    assert first.since_previous is None
    assert third.since_previous == pytest.approx(third.received_at - first.received_at)
    assert first.subject == "procurement.purchase_order.confirmed P00012"
    assert (first.signature, first.correlation_id) == ("valid", "corr-1")


def test_log_survives_a_restart(flaky, http, tmp_path):
    deliver(http, flaky)
    with FlakyLogistics(FlakySettings(tmp_path)) as later:
        deliver(http, later)
        newest = later.log.latest()[0]
    assert (newest.attempt, newest.signature) == (2, "not checked")


def test_anything_is_taken_and_signatures_are_only_noted(flaky, http):
    assert post(http, flaky.url, SECRET_IN).status_code == 202
    assert http.post(flaky.url, data=b"\xff\x00").status_code == 202
    assert http.post(flaky.url, json=[]).status_code == 202
    assert [d.signature for d in flaky.log.latest()] == ["invalid"] * 3
    assert flaky.log.latest()[1].subject == "2 bytes that are no JSON object"


@pytest.mark.parametrize(
    "fields",
    [{}, {"mode": "x"}, {"mode": "slow", "seconds": "-1"}, {"mode": "ok", "times": "-1"}],
)
def test_bad_modes_are_refused(flaky, http, fields):
    assert http.post(flaky.control_url + "/mode", data=fields).status_code == 400


def test_page(flaky, http):
    deliver(http, flaky)
    page = http.post(flaky.control_url + "/mode", data={"mode": "429", "seconds": "5"}).text
    assert "Now:" in page
    assert "429 with Retry-After, 5 s" in page
    assert "msg_1" in page
    assert "msg_1" not in http.post(flaky.control_url + "/clear").text
    assert "Flaky Logistics" in http.get(flaky.url).text  # a visitor of the other port
    assert http.get(flaky.control_url + "/health").status_code == 200


def test_buttons_of_other_pages_do_nothing(flaky, http):
    reply = http.post(
        flaky.control_url + "/mode", data={"mode": "500"}, headers={"origin": "https://a.example"}
    )
    assert reply.status_code == 403
    assert deliver(http, flaky).status_code == 202
