"""The partner's process, over real sockets."""

import http.client
import json
import time

from tests.bench import partner


def test_the_first_arrival_of_an_order_is_noted_and_other_deliveries_are_counted():
    with partner.running() as running:
        host = running.url.removeprefix("http://")
        connection = http.client.HTTPConnection(host)
        before = time.time()
        for path, number in (
            (partner.NOTED, "P1"),
            (partner.NOTED, "P1"),
            (partner.COUNTED, "P2"),
        ):
            connection.request("POST", path, json.dumps({"data": {"order_number": number}}))
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (202, b'{"accepted": true}')
        arrivals = running.arrivals()
        assert list(arrivals) == ["P1"]
        assert before <= arrivals["P1"] <= time.time()
        assert running.counted() == 1
