"""Round trips and bounds: canonical JSON, key ring, backoff, buckets, partitions, decimals."""

import json
import math
import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime

import pytest
from core_tools import (
    backoff,
    canonical_json,
    cloudevents,
    correlation,
    decimals,
    keyring,
    partition,
    retry_after,
)
from core_tools.rate import KeyedLimiter, TokenBucket
from hypothesis import given
from hypothesis import strategies as st

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
numbers = st.integers(-canonical_json.MAX_INTEGER, canonical_json.MAX_INTEGER)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=30,
)

# -- canonical JSON --------------------------------------------------------------------------


@given(values)
def test_canonical_json_round_trip(value):
    raw = canonical_json.dumps(value)
    assert canonical_json.loads(raw) == value
    assert canonical_json.dumps(canonical_json.loads(raw)) == raw
    assert json.loads(raw) == value


@given(st.dictionaries(texts, numbers, max_size=8), st.randoms())
def test_order_of_members_does_not_matter(value, shuffler):
    items = list(value.items())
    shuffler.shuffle(items)
    assert canonical_json.dumps(dict(items)) == canonical_json.dumps(value)


@given(st.dictionaries(texts, st.none(), max_size=8))
def test_names_are_in_utf16_order(value):
    names = list(json.loads(canonical_json.dumps(value)))
    assert names == sorted(names, key=lambda name: name.encode("utf-16-be"))


@given(st.binary(max_size=60))
def test_reading_rubbish_never_fails_otherwise(raw):
    try:
        value = canonical_json.loads(raw)
    except canonical_json.JsonError as error:
        assert error.__cause__ is None
        assert len(str(error)) < 100
    else:
        assert value == json.loads(raw.removeprefix(b"\xef\xbb\xbf"), parse_float=Decimal)


json_like = st.text(st.sampled_from('[]{}",:\\0123eE.+-tfnu \u00e4'), max_size=30)


@given(json_like)
def test_what_is_accepted_is_accepted_by_the_standard_library_too(text):
    raw = text.encode()
    try:
        value = canonical_json.loads(raw)
    except canonical_json.JsonError:
        return
    assert value == json.loads(raw, parse_float=Decimal)


@given(st.integers(1, 200))
def test_depth_is_limited_exactly(depth):
    raw = b"[" * depth + b'"[[["' + b"]" * depth
    if depth <= 64:
        canonical_json.loads(raw)
    else:
        with pytest.raises(canonical_json.JsonError):
            canonical_json.loads(raw)


def nesting(value):
    """Levels of arrays and objects."""
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(map(nesting, inner), default=0) if isinstance(value, (dict, list)) else 0


bracketed = st.text(st.sampled_from('[]{}"\\ä'), max_size=6)
nested = st.recursive(
    bracketed,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(bracketed, inner, max_size=3),
    max_leaves=40,
)


@given(nested, st.booleans(), st.integers(0, 20))
def test_depth_is_measured_whatever_texts_hold(value, ascii_only, around):
    for _level in range(around):
        value = [value, "]"]
    raw, depth = json.dumps(value, ensure_ascii=ascii_only).encode(), nesting(value)
    assert canonical_json.loads(raw, depth) == value
    if depth:
        with pytest.raises(canonical_json.JsonError, match="deeper"):
            canonical_json.loads(raw, depth - 1)


@pytest.mark.parametrize("filling", [b'\\"', b'"', b"[]", b"\\", b'[{"', b'"[\\'])
def test_time_grows_no_faster_than_the_text(filling):
    """Reading from every quote to the end would take minutes for a text of this size."""
    raw = b'["' + filling * 250_000 + b"[" * 70
    started = time.process_time()
    with pytest.raises(canonical_json.JsonError):
        canonical_json.loads(raw)
    assert time.process_time() - started < 2


# -- key ring --------------------------------------------------------------------------------

RING = keyring.KeyRing({"old": bytes(range(32)), "new": bytes(range(1, 33))}, "new")


@given(st.binary(max_size=200), st.text(max_size=30))
def test_encryption_round_trip(plaintext, context):
    blob = RING.encrypt(plaintext, context)
    assert RING.decrypt(blob, context) == plaintext
    assert keyring.key_id_of(blob) == "new"
    assert len(blob) == len(plaintext) + 2 + 3 + 12 + 16
    assert RING.encrypt(plaintext, context) != blob


@given(st.binary(max_size=50), st.integers(0, 10**6), st.integers(1, 255))
def test_any_changed_byte_is_noticed(plaintext, position, change):
    blob = bytearray(RING.encrypt(plaintext, "m|1|f"))
    blob[position % len(blob)] ^= change
    with pytest.raises((keyring.DecryptionFailed, keyring.UnknownKey)):
        RING.decrypt(bytes(blob), "m|1|f")


@given(st.binary(max_size=80))
def test_rubbish_is_not_decrypted(blob):
    with pytest.raises((keyring.DecryptionFailed, keyring.UnknownKey)):
        RING.decrypt(blob, "x")


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_value_cannot_be_moved(here, there):
    blob = RING.encrypt(b"secret", here)
    if here != there:
        with pytest.raises(keyring.DecryptionFailed):
            RING.decrypt(blob, there)


@given(st.integers(0, 60))
def test_a_cut_ciphertext_is_noticed(length):
    blob = RING.encrypt(b"0123456789" * 3, "x")
    with pytest.raises((keyring.DecryptionFailed, keyring.UnknownKey)):
        RING.decrypt(blob[:length], "x")


@given(st.text(max_size=60))
def test_a_malformed_ring_is_refused_without_quoting_it(text):
    secret = keyring.generate_key()
    for candidate in (text, f"{secret}{text}", f"a:{secret}x{text}"):
        try:
            keyring.KeyRing.parse(candidate)
        except keyring.KeyRingError as error:
            assert secret not in repr(error)


# -- backoff ---------------------------------------------------------------------------------

seconds = st.floats(0, 10**5)
rngs = st.floats(0, 1).map(lambda value: lambda: value)


@given(st.integers(1, 5000), seconds, seconds, rngs)
def test_full_jitter_bounds(attempt, base, cap, rng):
    delay = backoff.full_jitter(attempt, base, cap, rng)
    assert 0 <= delay <= cap
    if attempt < 60:
        assert delay <= base * 2 ** (attempt - 1) * (1 + 1e-9)


def test_full_jitter_uses_the_whole_range():
    rng = random.Random(7).random
    delays = [backoff.full_jitter(4, 1.0, 100.0, rng) for _ in range(2000)]
    assert min(delays) < 0.2
    assert 7.8 < max(delays) <= 8
    assert 3.7 < sum(delays) / len(delays) < 4.3


@given(st.lists(st.integers(0, 30 * 86400), min_size=1, max_size=50))
def test_schedule_round_trip(delays):
    text = backoff.format_schedule(delays)
    assert backoff.parse_schedule(text) == tuple(float(delay) for delay in delays)


@given(st.text(max_size=30))
def test_a_bad_schedule_is_a_value_error(text):
    try:
        delays = backoff.parse_schedule(text)
    except ValueError as error:
        assert str(error)
    else:
        assert all(0 <= delay <= 30 * 86400 for delay in delays)


@given(
    st.lists(st.floats(0, 10**5), min_size=1, max_size=12),
    st.none() | st.integers(1, 20),
    st.integers(1, 25),
    st.none() | st.floats(0, 10**5),
    rngs,
)
def test_scheduled_delays(schedule, limit, attempt, retry_after_, rng):
    plan = backoff.RetryPlan(mode="schedule", schedule=tuple(schedule), max_attempts=limit)
    delay = plan.next_delay(attempt, retry_after_, rng)
    if attempt >= min(len(schedule), limit or 99):
        assert delay is None
        return
    assert delay >= (retry_after_ or 0)
    assert delay >= 0.8 * schedule[attempt] * (1 - 1e-9)
    assert delay <= 1.2 * max(schedule[attempt], retry_after_ or 0) * (1 + 1e-9)


@given(st.integers(1, 60), st.floats(0, 10**5), rngs)
def test_retry_after_is_a_lower_bound(attempt, asked, rng):
    plan = backoff.RetryPlan(max_attempts=None)
    delay = plan.next_delay(attempt, asked, rng)
    assert asked <= delay <= max(plan.cap, 1.2 * asked * (1 + 1e-9))


@given(st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)), st.integers(-(10**6), 10**6))
def test_retry_after_date(now, offset):
    now = now.replace(microsecond=0, tzinfo=UTC)
    header = format_datetime(now + timedelta(seconds=offset), usegmt=True)
    assert retry_after.parse(header, now) == min(max(offset, 0), 86400)


@given(st.text(max_size=80))
def test_retry_after_rubbish(text):
    result = retry_after.parse(text, datetime(2026, 1, 1, tzinfo=UTC))
    assert result is None or 0 <= result <= 86400


# -- rate ------------------------------------------------------------------------------------


@given(
    st.floats(0.1, 1000),
    st.floats(1, 100),
    st.lists(st.tuples(st.floats(-1, 5), st.floats(0, 20)), max_size=60),
)
def test_a_bucket_never_gives_more_than_rate_and_burst(rate, burst, calls):
    bucket = TokenBucket(rate, burst, 0.0)
    now, latest, given_ = 0.0, 0.0, 0.0
    for step, amount in calls:
        now += step  # the clock may step back a little
        latest = max(latest, now)
        wait = bucket.wait(amount, now)
        taken = bucket.take(amount, now)
        assert taken is (wait == 0.0)
        given_ += amount if taken else 0.0
        if not taken and math.isfinite(wait):
            assert wait > 0
    forward = sum(max(step, 0) for step, _ in calls)
    assert given_ <= burst + rate * forward + 1e-6


@given(st.floats(0.1, 1000), st.integers(1, 50), st.integers(1, 50))
def test_after_the_wait_the_units_are_there(rate, burst, amount):
    bucket = TokenBucket(rate, burst, 0.0)
    bucket.take(burst, 0.0)
    wait = bucket.wait(amount, 0.0)
    if amount > burst:
        assert wait == math.inf
    else:
        assert bucket.take(amount, wait * (1 + 1e-9) + 1e-9)


def test_limiter_with_threads_gives_the_burst_exactly_once():
    limiter = KeyedLimiter()
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: limiter.take("k", 0.001, 100, 5.0), range(800)))
    assert waits.count(0.0) == 100


@given(st.lists(st.text(max_size=3), max_size=100))
def test_limiter_memory_is_bounded(keys):
    limiter = KeyedLimiter(max_keys=5)
    for key in keys:
        limiter.take(key, 1, 1, 0.0)
        assert len(limiter) <= 5


# -- the rest --------------------------------------------------------------------------------


@given(st.text(max_size=50))
def test_partition_is_in_range_and_stable(key):
    assert 0 <= partition.partition_hash(key) < 2**31
    assert partition.partition_hash(key) == partition.partition_hash(str(key))


def test_partitions_spread():
    counts = [0] * 8
    for number in range(8000):
        counts[partition.partition_hash(f"PO{number:05}") % 8] += 1
    assert min(counts) > 850


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6
    )
)
def test_decimal_text_round_trip(number):
    text = decimals.to_text(number)
    assert Decimal(text) == number
    assert decimals.to_text(text) == text
    assert "E" not in text
    assert text != "-0"


@given(st.integers(-(10**11), 10**11), st.integers(0, 4))
def test_floats_of_odoo_fields_give_their_decimal_back(units, digits):
    number = Decimal(units).scaleb(-digits)
    assert Decimal(decimals.from_float(float(number), digits)) == number


@given(st.one_of(st.decimals(), st.text(max_size=20), st.integers()))
def test_decimal_rubbish_is_a_value_error(value):
    try:
        text = decimals.to_text(value)
    except ValueError:
        return
    assert len(text) <= 2 * decimals.MAX_DIGITS + 2


@given(st.text(max_size=300))
def test_traceparent_is_strict(text):
    assert correlation.parse_traceparent(text) is None


@given(st.builds(correlation.new_traceparent))
def test_traceparent_round_trip(parent):
    assert correlation.parse_traceparent(str(parent)) == parent
    child = parent.child()
    assert child.trace_id == parent.trace_id
    assert child.span_id != parent.span_id


@given(st.text(max_size=300))
def test_accepted_correlation_ids_are_harmless(text):
    accepted = correlation.accept_correlation_id(text)
    if accepted is not None:
        assert accepted.isascii()
        assert accepted.isprintable()
        assert not set(accepted) & set("\"'<> ,;\r\n")


@given(values)
def test_cloudevent_round_trip(data):
    event = cloudevents.CloudEvent("1", "/odoo", "a.b", data=data, extensions={"hops": 3})
    wire = canonical_json.loads(canonical_json.dumps(event.structured()))
    assert cloudevents.parse_structured(wire) == event


@given(values)
def test_cloudevent_rubbish_is_a_contract_error(value):
    with pytest.raises(cloudevents.ContractError):
        cloudevents.parse_structured(value)
