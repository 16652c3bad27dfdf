"""Handshakes: what is answered, what never is, and that nothing crashes or is echoed freely."""

import hashlib
import hmac
import html
import json
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit import signed_requests
from tests.unit.load_webhooks import load
from tests.unit.signed_requests import SECRET, TOPIC

handshakes = load("handshakes")
requests = load("request")
options = load("options")

URL = "https://odoo.example.com/integration/webhook/0123456789abcdef"
OPTIONS = {
    "hub": {"verify_tokens": ["t-1"], "topics": ["https://p.example.com/feed"]},
    "cloudevents": {"origins": ["eventgrid.azure.net"], "rate": 100},
}
CONFIRM_URL = (
    f"https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2"
)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


def request(method="POST", body=b"", headers=None, **query):
    url = f"{URL}?{urlencode(query, quote_via=quote)}" if query else URL
    return requests.InboundRequest(method, url, requests.Headers(headers or {}), body)


def answer(code, asked, secrets=(SECRET,), raw=None):
    handshake = handshakes.HANDSHAKES[code]
    raw = OPTIONS.get(code, {}) if raw is None else raw
    return handshake.answer(asked, secrets, options.read_options(handshake.options, raw))


def hub(**changes):
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "t-1"}
    return request("GET", **{**query, **changes})


def test_schemes_name_handshakes_that_there_are():
    for scheme in signed_requests.SCHEMES.values():
        assert set(scheme.handshakes) <= set(handshakes.HANDSHAKES)


# -- hub.challenge -----------------------------------------------------------------------------


def test_hub_echoes_to_who_knows_the_token():
    found = answer("hub", hub())
    assert (found.status, found.body) == (200, b"1158201444")
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert answer("hub", hub(**{"hub.mode": "unsubscribe"})).status == 200


@pytest.mark.parametrize(
    "changes",
    [{"hub.verify_token": "t-2"}, {"hub.verify_token": ""}, {"hub.mode": "denied"}],
)
def test_hub_says_no(changes):
    found = answer("hub", hub(**changes))
    assert (found.status, found.body) == (403, b"")


def test_hub_of_websub_asks_for_a_topic():
    topic = {"hub.verify_token": "", "hub.topic": "https://p.example.com/feed"}
    assert answer("hub", hub(**topic)).status == 200
    topic["hub.topic"] += "/other"
    assert answer("hub", hub(**topic)).status == 403


def test_hub_needs_to_know_something():
    for raw in ({}, {"verify_tokens": [""]}, {"topics": []}):
        with pytest.raises(ValueError, match="verify_tokens"):
            answer("hub", hub(), raw=raw)
    # An empty token in the list lets nobody in.
    one = answer("hub", hub(**{"hub.verify_token": ""}), raw={"verify_tokens": ["", "x"]})
    assert one.status == 403


def test_a_parameter_that_comes_twice_is_not_read():
    asked = hub()
    doubled = requests.InboundRequest("GET", asked.url + "&hub.mode=x", asked.headers)
    assert answer("hub", doubled) is None


# -- CloudEvents -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "rate", "granted"),
    [
        (None, 0, None),
        (None, 100, "100"),
        ("120", 100, "100"),
        ("20", 100, "20"),
        ("120", 0, "120"),
        ("*", 0, "*"),
        ("0", 100, "100"),
        ("-1", 100, "100"),
        ("x", 100, "100"),
    ],
)
def test_cloudevents_allows_who_is_known(wanted, rate, granted):
    headers = {"WebHook-Request-Origin": "EventGrid.azure.net"}
    headers |= {"WebHook-Request-Rate": wanted} if wanted else {}
    headers["WebHook-Request-Callback"] = "https://evil.example/"
    raw = {"origins": ["eventgrid.azure.net"], "rate": rate}
    found = answer("cloudevents", request("OPTIONS", headers=headers), raw=raw)
    assert found.status == 200
    assert found.headers["WebHook-Allowed-Origin"] == "eventgrid.azure.net"
    assert found.headers.get("WebHook-Allowed-Rate") == granted


def test_cloudevents_says_no():
    headers = {"WebHook-Request-Origin": "evil.example"}
    found = answer("cloudevents", request("OPTIONS", headers=headers))
    assert found.status == 403
    assert not [name for name in found.headers if name.startswith("WebHook")]
    assert answer("cloudevents", request("OPTIONS")) is None
    twice = requests.Headers([("WebHook-Request-Origin", "eventgrid.azure.net")] * 2)
    asked = requests.InboundRequest("OPTIONS", URL, twice)
    assert answer("cloudevents", asked).status == 400
    with pytest.raises(ValueError, match="origins"):
        answer("cloudevents", request("OPTIONS"), raw={"origins": ["*"]})


# -- echoes in plain text ----------------------------------------------------------------------


def test_graph_echoes_its_token_decoded():
    token = "Validation: Testing client application reachability for subscription Request-Id: a-1"
    found = answer("graph", request(validationToken=token))
    assert (found.status, found.body.decode()) == (200, token)
    assert found.headers["Content-Type"].startswith("text/plain")
    assert answer("graph", request("GET", validationToken=token)) is None
    assert answer("graph", request()) is None


def test_slack_echoes_its_challenge():
    body = json.dumps({"type": "url_verification", "token": "x", "challenge": "3eZbrw1aB"})
    assert answer("slack", request(body=body.encode())).body == b"3eZbrw1aB"
    assert handshakes.HANDSHAKES["slack"].signed


@given(text=texts)
def test_an_echo_is_short_and_no_page(text):
    answers = [
        answer("graph", request(validationToken=text)),
        answer("hub", hub(**{"hub.challenge": text})),
        answer(
            "slack",
            request(body=json.dumps({"type": "url_verification", "challenge": text}).encode()),
        ),
    ]
    for found in answers:
        assert found.headers["X-Content-Type-Options"] == "nosniff"
        if found.status == 200:
            assert html.unescape(found.body.decode()) == html.unescape(text)
            assert not set(found.body) & set(b"<>\"'\r\n\0")
        else:
            assert not text.isprintable() or not text
            assert found.body == b""


def test_long_challenges_are_refused():
    assert answer("graph", request(validationToken="x" * 1024)).status == 200
    assert answer("graph", request(validationToken="x" * 1025)).status == 400


# -- Zoom --------------------------------------------------------------------------------------


def zoom(token):
    body = {"event": "endpoint.url_validation", "payload": {"plainToken": token}}
    return request(body=json.dumps(body).encode())


def test_zoom_gets_the_hmac_of_its_token():
    found = json.loads(answer("zoom", zoom("qgg8vlvZRS6UYooatFL8Aw")).body)
    expected = hmac.new(SECRET.encode(), b"qgg8vlvZRS6UYooatFL8Aw", hashlib.sha256).hexdigest()
    assert found == {"plainToken": "qgg8vlvZRS6UYooatFL8Aw", "encryptedToken": expected}


def test_zoom_gets_no_signature_of_a_delivery():
    """Otherwise the handshake would sign what a stranger wants to deliver."""
    assert handshakes.HANDSHAKES["zoom"].signed
    for token in ("v0:1760000000:{}", "a:b", "", "a\n", "é", "x" * 129, 5, None, ["a"]):
        assert answer("zoom", zoom(token)).status == 400
    assert answer("zoom", zoom("a"), secrets=[]).status == 503
    assert answer("zoom", zoom("a"), secrets=["", SECRET]).status == 200
    assert answer("zoom", request(body=b'{"event": "meeting.started"}')) is None


# -- Amazon SNS --------------------------------------------------------------------------------


def sns(**changes):
    changes = {"Type": "SubscriptionConfirmation", "SubscribeURL": CONFIRM_URL, **changes}
    return signed_requests.sns("confirm", Token="2", **changes).request


def test_sns_hands_over_the_address_and_does_not_visit_it():
    found = answer("aws_sns", sns())
    assert (found.status, found.url, found.subject) == (200, CONFIRM_URL, TOPIC)
    assert handshakes.HANDSHAKES["aws_sns"].signed


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/?Action=ConfirmSubscription&TopicArn=a&Token=2",
        CONFIRM_URL.replace("eu-central-1.", "us-east-1."),
        CONFIRM_URL.replace("https", "http"),
        CONFIRM_URL.replace("ConfirmSubscription", "DeleteTopic"),
        "",
    ],
)
def test_sns_of_another_host_is_no_handshake(url):
    assert answer("aws_sns", sns(SubscribeURL=url)) is None


def test_sns_end_of_a_subscription_is_acknowledged_only():
    found = answer("aws_sns", sns(Type="UnsubscribeConfirmation"))
    assert found.status == 200
    assert not isinstance(found, handshakes.Confirmation)
    assert answer("aws_sns", signed_requests.sns("hello").request) is None


# -- whatever comes ----------------------------------------------------------------------------


@pytest.mark.parametrize("code", handshakes.HANDSHAKES)
@settings(max_examples=30)
@given(data=st.data())
def test_nothing_crashes(code, data):
    words = st.sampled_from(
        ["hub.mode", "hub.challenge", "validationToken", "subscribe", "type", "challenge", "event"]
    )
    query = data.draw(st.text(max_size=30) | st.dictionaries(words, texts).map(urlencode))
    names = ["WebHook-Request-Origin", "WebHook-Request-Rate", "Content-Type"]
    headers = st.dictionaries(st.sampled_from(names), st.text(max_size=20))
    document = st.dictionaries(words, st.none() | words | texts | st.lists(texts)).map(json.dumps)
    asked = requests.InboundRequest(
        data.draw(st.sampled_from(["GET", "POST", "OPTIONS", "", "é"])),
        data.draw(st.sampled_from([f"{URL}?{query}", query])),
        requests.Headers(data.draw(headers)),
        data.draw(st.binary(max_size=60) | document.map(str.encode)),
    )
    found = answer(code, asked, secrets=data.draw(st.lists(st.text(max_size=9), max_size=2)))
    assert found is None or 200 <= found.status < 504
