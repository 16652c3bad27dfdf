"""The token cache: once for all threads, once for all processes, and never a dead token."""

import threading
import time
from contextlib import contextmanager

import pytest
from core_tools.errors import IntegrationError, ThrottledError, TransientError
from core_tools.oauth2 import Token, TokenRefused
from core_tools.token_cache import FAILURE_SECONDS, REPLACE_SECONDS, TokenCache

KEY = "integration.credential,7|3"


class Store:
    """What a database row under an advisory lock does, in memory."""

    def __init__(self):
        self.rows = {}
        self.lock = threading.Lock()
        self.reads = 0

    def read(self, key):
        self.reads += 1
        raw = self.rows.get(key)
        return Token.parse(raw) if raw else None

    @contextmanager
    def locked(self, key, timeout):
        if not self.lock.acquire(timeout=timeout):
            raise TransientError("another worker fetches a token", code="token_busy")
        try:
            yield Shelf(self, key)
        finally:
            self.lock.release()


class Shelf:
    def __init__(self, store, key):
        self.store, self.key = store, key

    def read(self):
        return self.store.read(self.key)

    def write(self, token):
        self.store.rows[self.key] = token.serialise()


class Clock:
    def __init__(self):
        self.now = 1_000_000.0

    def __call__(self):
        return self.now


class Server:
    """Issues numbered tokens; fails while ``error`` is set."""

    def __init__(self, clock, life=400):
        self.clock, self.life = clock, life
        self.error = None
        self.calls = 0
        self.open = threading.Event()
        self.open.set()
        self.entered = threading.Event()

    def __call__(self):
        self.calls += 1
        self.entered.set()
        assert self.open.wait(10)
        if self.error:
            raise self.error
        return Token(f"tok-{self.calls}", int(self.clock()), int(self.clock()) + self.life)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def server(clock):
    return Server(clock)


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def cache(store, clock):
    return TokenCache(store, clock)


def in_threads(count, work):
    """What ``work`` returned or raised in each of several threads."""
    results = []

    def run():
        try:
            results.append(work())
        except IntegrationError as error:
            results.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads, results


def test_a_token_is_fetched_once(cache, server, store):
    assert {cache.get(KEY, server).value for _ in range(5)} == {"tok-1"}
    assert server.calls == 1
    assert store.reads == 2, "once without the lock and once with it"


def test_keys_have_tokens_of_their_own(cache, server):
    assert cache.get("a", server).value == "tok-1"
    assert cache.get("b", server).value == "tok-2"
    assert cache.get("a", server).value == "tok-1"


def test_all_threads_wait_for_one_fetch(cache, server):
    server.open.clear()
    threads, results = in_threads(12, lambda: cache.get(KEY, server).value)
    assert server.entered.wait(5)
    server.open.set()
    for thread in threads:
        thread.join()
    assert results == ["tok-1"] * 12
    assert server.calls == 1


def test_all_threads_share_one_failure(cache, server):
    server.open.clear()
    server.error = TokenRefused("no", code="token_invalid_client")
    threads, results = in_threads(8, lambda: cache.get(KEY, server))
    assert server.entered.wait(5)
    time.sleep(0.05)
    server.open.set()
    for thread in threads:
        thread.join()
    assert {(type(error), error.code, error.holds) for error in results} == {
        (TokenRefused, "token_invalid_client", True)
    }
    assert len({id(error) for error in results}) > 1, "threads do not share a traceback"
    assert server.calls == 1


def test_a_failure_is_not_repeated_at_once(cache, server, clock):
    server.error = TransientError("down", code="token_failed")
    for _ in range(5):
        with pytest.raises(TransientError) as caught:
            cache.get(KEY, server)
        assert caught.value.code == "token_failed"
    assert server.calls == 1
    clock.now += FAILURE_SECONDS
    server.error = None
    assert cache.get(KEY, server).value == "tok-2"


def test_a_throttled_server_is_left_alone_for_as_long_as_it_asks(cache, server, clock):
    server.error = ThrottledError("later", 60, code="token_throttled")
    for seconds in (0, 30, 29):
        clock.now += seconds
        with pytest.raises(ThrottledError) as caught:
            cache.get(KEY, server)
        assert caught.value.retry_after == 60
    assert server.calls == 1
    clock.now += 2
    server.error = None
    assert cache.get(KEY, server).value == "tok-2"


# -- ahead of the end ------------------------------------------------------------------------


def test_a_token_is_renewed_ahead_of_its_end(cache, server, clock):
    cache.get(KEY, server)
    clock.now += 299
    assert cache.get(KEY, server).value == "tok-1"
    clock.now += 1
    assert cache.get(KEY, server).value == "tok-2"
    assert server.calls == 2


def test_nobody_waits_while_the_old_token_can_be_used(cache, server, clock):
    cache.get(KEY, server)
    clock.now += 320
    server.open.clear()
    server.entered.clear()
    threads, results = in_threads(1, lambda: cache.get(KEY, server).value)
    assert server.entered.wait(5)
    assert cache.get(KEY, server).value == "tok-1"
    server.open.set()
    threads[0].join()
    assert results == ["tok-2"]


def test_a_failed_renewal_is_no_failure_while_the_old_token_can_be_used(cache, server, clock):
    cache.get(KEY, server)
    clock.now += 320
    server.error = TransientError("down", code="token_failed")
    for _ in range(3):
        assert cache.get(KEY, server).value == "tok-1"
    assert server.calls == 2, "and the server is not asked for every message"
    clock.now += 75
    with pytest.raises(TransientError):
        cache.get(KEY, server)


def test_the_last_seconds_of_a_token_are_not_used(cache, server, clock):
    cache.get(KEY, server)
    server.error = TransientError("down")
    clock.now += 391
    with pytest.raises(TransientError):
        cache.get(KEY, server)


def test_a_very_short_life(store, clock):
    server = Server(clock, life=4)
    cache = TokenCache(store, clock)
    assert cache.get(KEY, server).value == "tok-1"
    clock.now += 2
    assert cache.get(KEY, server).value == "tok-1"
    clock.now += 1.9
    assert cache.get(KEY, server).value == "tok-2"


# -- several processes -----------------------------------------------------------------------


def test_processes_share_one_token(store, clock, server):
    caches = [TokenCache(store, clock) for _ in range(4)]
    assert {cache.get(KEY, server).value for cache in caches} == {"tok-1"}
    assert server.calls == 1
    clock.now += 310
    assert {cache.get(KEY, server).value for cache in caches} == {"tok-2"}
    assert server.calls == 2


def test_processes_that_start_together_fetch_once(store, clock, server):
    server.open.clear()
    caches = iter([TokenCache(store, clock) for _ in range(6)])
    threads, results = in_threads(6, lambda: next(caches).get(KEY, server).value)
    assert server.entered.wait(5)
    time.sleep(0.05)
    server.open.set()
    for thread in threads:
        thread.join()
    assert results == ["tok-1"] * 6
    assert server.calls == 1


def test_a_new_process_uses_an_old_token_while_the_server_is_down(store, clock, server):
    TokenCache(store, clock).get(KEY, server)
    clock.now += 350
    server.error = TransientError("down")
    assert TokenCache(store, clock).get(KEY, server).value == "tok-1"


def test_waiting_for_another_process_ends(store, clock, server):
    with store.locked(KEY, 1), pytest.raises(TransientError) as caught:
        TokenCache(store, clock).get(KEY, server, timeout=0.05)
    assert caught.value.code == "token_busy"


def test_waiting_for_another_thread_ends(cache, server):
    server.open.clear()
    threads, _results = in_threads(1, lambda: cache.get(KEY, server))
    assert server.entered.wait(5)
    with pytest.raises(TransientError) as caught:
        cache.get(KEY, server, timeout=0.05)
    assert caught.value.code == "token_busy"
    server.open.set()
    threads[0].join()


# -- tokens that the partner does not take -----------------------------------------------------


def test_a_rejected_token_is_replaced_once(store, clock, server):
    first, second = TokenCache(store, clock), TokenCache(store, clock)
    token = first.get(KEY, server)
    assert second.get(KEY, server) == token
    clock.now += REPLACE_SECONDS
    assert first.reject(KEY, token)
    assert first.get(KEY, server).value == "tok-2"
    assert second.reject(KEY, token)
    assert second.get(KEY, server).value == "tok-2", "what the first process fetched"
    assert server.calls == 2


def test_a_partner_that_takes_no_token_does_not_flood_the_server(cache, server, clock):
    for _ in range(20):
        token = cache.get(KEY, server)
        cache.reject(KEY, token)
    assert server.calls == 1
    assert not cache.reject(KEY, token)


def test_a_late_rejection_of_the_last_token_does_not_hurt(cache, server, clock):
    old = cache.get(KEY, server)
    clock.now += REPLACE_SECONDS
    cache.reject(KEY, old)
    new = cache.get(KEY, server)
    cache.reject(KEY, old)
    assert cache.get(KEY, server) == new


def test_what_is_forgotten_is_asked_for_again(cache, server):
    server.error = TransientError("down")
    with pytest.raises(TransientError):
        cache.get(KEY, server)
    server.error = None
    cache.forget(KEY)
    assert cache.get(KEY, server).value == "tok-2"


# -- accidents -------------------------------------------------------------------------------


def test_an_interrupted_fetch_leaves_nobody_waiting(cache, server):
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.get(KEY, interrupted)
    cache.forget(KEY)
    assert cache.get(KEY, server).value == "tok-1"


def test_an_unknown_failure_is_classified(cache):
    def broken():
        raise RuntimeError("tok-9 is odd")

    with pytest.raises(TransientError) as caught:
        cache.get(KEY, broken)
    assert "tok-9" not in str(caught.value)


def test_a_token_that_could_not_be_stored_is_not_used_twice(store, clock, server):
    """Otherwise each worker would fetch its own, unnoticed."""

    def full(self, token):
        raise TransientError("the disk is full", code="store_failed")

    store_shelf, Shelf.write = Shelf.write, full
    try:
        with pytest.raises(TransientError):
            TokenCache(store, clock).get(KEY, server)
    finally:
        Shelf.write = store_shelf


def test_tokens_do_not_show(cache, server):
    cache.get(KEY, server)
    assert "tok-1" not in repr(cache)
    assert "tok-1" not in repr(vars(cache))
