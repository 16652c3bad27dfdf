"""Amazon SNS: what it signs, whose certificates count, and that strangers cause no traffic."""

import json

import pytest
from core_tools.errors import TransientError
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit import signed_requests
from tests.unit.load_webhooks import load
from tests.unit.signed_requests import CERTIFICATE_URL, NOW, P256, TOPIC, case, certificate

registry = load("schemes.registry")
certificates = load("schemes.sns_certificates")
signature = load("signature")
SignatureInvalid, Reason = signature.SignatureInvalid, signature.Reason

REGION = "eu-central-1"
PEM = signed_requests.certificate_pem(signed_requests.CERTIFICATE)
CONFIRM = {
    "Type": "SubscriptionConfirmation",
    "Token": "2336412f37",
    "SubscribeURL": f"https://sns.{REGION}.amazonaws.com/?Action=ConfirmSubscription"
    f"&TopicArn={TOPIC}&Token=2336412f37",
}


def reason(made, **changes):
    with pytest.raises(SignatureInvalid) as caught:
        made.verify(**changes)
    return caught.value.reason


def resigned(made, **changes):
    """The message with some members changed or taken away, and signed anew."""
    members = {**json.loads(made.request.body), **changes}
    members = {name: value for name, value in members.items() if value is not None}
    del members["Signature"]
    signed_requests.sign_sns(members)
    return json.dumps(members).encode()


@pytest.mark.parametrize("version", ["1", "2"])
@settings(max_examples=15)
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_both_versions_of_the_signature(version, text):
    assert signed_requests.sns(text, version).verify().timestamp == NOW


@pytest.mark.parametrize("version", ["1", "2"])
@settings(max_examples=15)
@given(data=st.data())
def test_no_signed_member_can_be_changed(version, data):
    made = signed_requests.sns("Hello", version)
    members = json.loads(made.request.body)
    name = data.draw(st.sampled_from([n for n in members if not n.startswith("Signing")]))
    other = data.draw(st.text(max_size=30).filter(lambda text: text != members[name]))
    members[name] = data.draw(st.sampled_from([other, members[name] + other, None, 1, [other]]))
    if members[name] != json.loads(made.request.body)[name]:
        reason(made, body=json.dumps(members).encode())


def test_a_line_break_moves_nothing_from_one_member_to_the_next():
    made = signed_requests.sns("Hello\nMessageId\nx")
    body = json.loads(made.request.body)
    body["Message"], body["MessageId"] = "Hello", f"x\nMessageId\n{body['MessageId']}"
    assert reason(made, body=json.dumps(body).encode()) is Reason.BAD_BODY
    for name in ("Subject", "MessageId", "Timestamp", "TopicArn"):
        assert reason(made, body=resigned(made, **{name: "a\nb"})) is Reason.BAD_BODY


@pytest.mark.parametrize("subject", ["", None])
def test_a_subject_may_be_missing(subject):
    made = signed_requests.sns("Hello")
    assert made.verify(body=resigned(made, Subject=subject)).id


def test_messages_about_the_subscription():
    made = signed_requests.sns("You have chosen to subscribe", Subject="", **CONFIRM)
    body = resigned(made, Subject=None)
    assert made.verify(body=body).message_type == "SubscriptionConfirmation"
    unsubscribe = resigned(made, Subject=None, Type="UnsubscribeConfirmation")
    assert made.verify(body=unsubscribe).message_type == "UnsubscribeConfirmation"
    assert reason(made, body=resigned(made, Type="Other")) is Reason.BAD_BODY


def test_topics_and_versions_are_lists_of_what_is_allowed():
    made = signed_requests.sns("Hello", "1")
    other = made.scheme.check_options({"topics": [TOPIC + "2"]})
    assert reason(made, options=other) is Reason.WRONG_TOPIC
    newer = made.scheme.check_options({"topics": [TOPIC], "signature_versions": ["2"]})
    assert reason(made, options=newer) is Reason.WRONG_ALGORITHM
    assert made.scheme.warnings(newer) == ()
    assert "SHA-1" in made.scheme.warnings(made.options)[0]
    for topics in ([], [""], ["*"], ["arn:aws:sqs:eu-central-1:123456789012:x"]):
        with pytest.raises(ValueError, match="topics"):
            made.scheme.check_options({"topics": topics})


# -- addresses ---------------------------------------------------------------------------------

FILE = "/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"


@pytest.mark.parametrize(
    "url",
    [
        f"http://sns.eu-central-1.amazonaws.com{FILE}",
        f"https://sns.eu-central-1.amazonaws.com.evil.example{FILE}",
        f"https://evil.example/sns.eu-central-1.amazonaws.com{FILE}",
        f"https://sns.eu-central-1.amazonaws.com@evil.example{FILE}",
        f"https://sns.eu-central-1.amazonaws.com:8443{FILE}",
        f"https://sns.eu-central-1.amazonaws.com\\@evil.example{FILE}",
        f"https://sns.us-east-1.amazonaws.com{FILE}",
        f"https://sns.eu-central-1.amazonaws.com.cn{FILE}",
        f"https://bucket.s3.eu-central-1.amazonaws.com{FILE}",
        f"https://sns.eu-central-1.amazonaws.com/..{FILE}",
        f"https://sns.eu-central-1.amazonaws.com/x{FILE}",
        f"https://sns.eu-central-1.amazonaws.com{FILE}?x=1",
        f"https://sns.eu-central-1.amazonaws.com{FILE}#x",
        f"https://sns.eu-central-1.amazonaws.com{FILE}\n",
        "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-x.pem",
        f"https://SNS.eu-central-1.amazonaws.com{FILE}",
    ],
)
def test_certificates_come_from_the_provider_only(url):
    fetched = []
    scheme = registry.schemes(lambda address: fetched.append(address) or PEM)["aws_sns"]
    made = signed_requests.sns("Hello", SigningCertURL=url)
    with pytest.raises(SignatureInvalid) as caught:
        scheme.verify(made.request, [], made.options, NOW)
    assert caught.value.reason in (Reason.WRONG_KEY_ADDRESS, Reason.BAD_BODY)
    assert fetched == []
    with pytest.raises(SignatureInvalid):
        certificates.check_certificate_url(url, REGION)


@pytest.mark.parametrize(
    ("region", "url"),
    [
        (REGION, CERTIFICATE_URL),
        ("us-gov-west-1", f"https://sns.us-gov-west-1.amazonaws.com{FILE}"),
        ("cn-north-1", f"https://sns.cn-north-1.amazonaws.com.cn{FILE}"),
        ("ap-southeast-3", f"https://sns.ap-southeast-3.amazonaws.com{FILE}"),
    ],
)
def test_addresses_of_all_regions(region, url):
    certificates.check_certificate_url(url, region)
    confirm = url.replace(FILE, "/?Action=ConfirmSubscription&TopicArn=a&Token=1")
    certificates.check_confirmation_url(confirm, region)
    for wrong in (confirm.replace("Confirm", "Delete"), confirm + "&x=<", confirm + "#a"):
        with pytest.raises(SignatureInvalid):
            certificates.check_confirmation_url(wrong, region)


@given(text=st.text(max_size=80))
def test_no_other_text_is_an_address(text):
    for check in (certificates.check_certificate_url, certificates.check_confirmation_url):
        for url in (text, CERTIFICATE_URL + text + "x", text + CERTIFICATE_URL + "x"):
            with pytest.raises(SignatureInvalid):
                check(url, REGION)


# -- the cache ---------------------------------------------------------------------------------


class Fetcher:
    def __init__(self, *answers):
        self.answers = list(answers)
        self.calls = 0

    def __call__(self, _url):
        self.calls += 1
        answer = self.answers[min(self.calls, len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer


def refused_key(cache, now=NOW, url=CERTIFICATE_URL):
    with pytest.raises(SignatureInvalid) as caught:
        cache.public_key(url, now)
    return caught.value


def test_a_certificate_is_fetched_once_a_day():
    fetch = Fetcher(PEM)
    cache = certificates.CertificateCache(fetch)
    for now in (NOW, NOW + 1, NOW + 86399):
        assert cache.public_key(CERTIFICATE_URL, now)
    assert fetch.calls == 1
    assert cache.public_key(CERTIFICATE_URL, NOW + 86400)
    assert fetch.calls == 2


@pytest.mark.parametrize(
    "failure", [OSError(), TransientError("x"), "no certificate", "x" * 20_000, "\ud800"]
)
def test_a_failure_is_remembered_for_a_minute_and_is_not_the_sender_s(failure):
    fetch = Fetcher(failure, PEM)
    cache = certificates.CertificateCache(fetch)
    assert refused_key(cache).temporary
    assert refused_key(cache, NOW + 59).reason is Reason.KEY_UNAVAILABLE
    assert fetch.calls == 1
    assert cache.public_key(CERTIFICATE_URL, NOW + 61)


def test_strangers_cannot_make_us_fetch_without_end():
    fetch = Fetcher(OSError())
    cache = certificates.CertificateCache(fetch)
    for number in range(50):
        url = CERTIFICATE_URL.replace("0123456789abcdef.pem", f"{number:016x}.pem")
        assert refused_key(cache, url=url).temporary
    assert fetch.calls == certificates.FETCHES_PER_MINUTE
    assert len(cache._entries) <= 64
    fetch.answers = [PEM]
    assert cache.public_key(CERTIFICATE_URL, NOW + 61)


def test_certificates_that_do_not_count():
    for key, moment in ((P256, NOW), (signed_requests.RSA, NOW + 31 * 86400)):
        text = signed_requests.certificate_pem(certificate(key))
        cache = certificates.CertificateCache(Fetcher(text))
        refusal = refused_key(cache, moment)
        assert refusal.reason is Reason.BAD_CERTIFICATE
        assert not refusal.temporary


def test_without_a_way_to_fetch_nothing_is_proven():
    scheme = registry.schemes()["aws_sns"]
    made = signed_requests.sns("Hello")
    with pytest.raises(SignatureInvalid) as caught:
        scheme.verify(made.request, [], made.options, NOW)
    assert caught.value.temporary


@given(body=st.binary(max_size=60) | st.text('{}[]":,aTypeé', max_size=60).map(str.encode))
def test_other_bodies_are_refused(body):
    made = case("aws_sns", {}, body, [], {"topics": [TOPIC]})
    assert reason(made) is Reason.BAD_BODY
