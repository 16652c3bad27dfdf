"""Group commit: what is stored together, what waits for a database, and what is given up."""

import threading
import time

from tests.unit.load_ehr import load

committer = load("mllp.committer")
door = load("mllp.door")
reception = load("mllp.reception")

DOOR = door.Door(interface=1, name="feed", port=2575)


def job(number, size=1):
    return committer.Job(DOOR, reception.Part(b"x" * size, key=str(number)))


class Ledger:
    """A store in memory that may be slow, or away."""

    def __init__(self, pause=0.0, failures=0):
        self.batches = []
        self.pause = pause
        self.failures = failures
        self.results = {}

    def store(self, jobs):
        if self.failures:
            self.failures -= 1
            raise committer.Unavailable("away")
        time.sleep(self.pause)
        self.batches.append([one.part.key for one in jobs])
        return [committer.Answered(one.part.key.encode()) for one in jobs]

    def deliver(self, results):
        for one, result in results:
            assert one.part.key not in self.results
            self.results[one.part.key] = result


def run(ledger, jobs, **options):
    thread = committer.Committer(ledger.store, ledger.deliver, **options)
    for one in jobs:
        thread.submit(one)
    thread.start()
    thread.finish()
    thread.join(10)
    assert not thread.is_alive()


def test_everything_that_waits_is_stored_together_and_in_order():
    ledger = Ledger()
    run(ledger, [job(number) for number in range(20)])
    assert ledger.batches == [[str(number) for number in range(20)]]
    assert ledger.results["7"] == committer.Answered(b"7")


def test_what_comes_while_one_is_written_is_the_next():
    ledger = Ledger(pause=0.05)
    thread = committer.Committer(ledger.store, ledger.deliver)
    thread.start()
    thread.submit(job(0))
    time.sleep(0.02)
    for number in range(1, 6):
        thread.submit(job(number))
    thread.finish()
    thread.join(10)
    assert ledger.batches == [["0"], ["1", "2", "3", "4", "5"]]


def test_those_that_send_again_at_once_are_waited_for():
    """Two connections that were answered together are stored together the next time, too."""
    ledger = Ledger()
    thread = committer.Committer(ledger.store, ledger.deliver)
    owners = [object(), object()]

    def owned(number, owner):
        return committer.Job(DOOR, reception.Part(b"x", key=str(number)), (owners[owner], None))

    thread.submit(owned(0, 0))
    thread.submit(owned(1, 1))
    thread.start()
    time.sleep(0.05)
    begun = time.monotonic()
    thread.submit(owned(2, 0))
    while len(ledger.results) < 3 and time.monotonic() - begun < 5:
        time.sleep(0.001)
    # The other one did not come: it was waited for, but not for long.
    assert time.monotonic() - begun < 1
    thread.finish()
    thread.join(10)
    assert ledger.batches[0] == ["0", "1"]
    assert set(ledger.results) == set("012")


def test_one_transaction_has_its_limits():
    ledger = Ledger()
    run(ledger, [job(number) for number in range(committer.MOST + 1)])
    assert [len(one) for one in ledger.batches] == [committer.MOST, 1]
    ledger = Ledger()
    run(ledger, [job(number, committer.MOST_BYTES // 2) for number in range(3)])
    assert [len(one) for one in ledger.batches] == [2, 1]


def test_a_database_that_comes_back_gets_all_of_it():
    ledger = Ledger(failures=3)
    run(ledger, [job(number) for number in range(5)])
    assert set(ledger.results) == set("01234")
    assert len(ledger.batches) == 1


def test_a_database_that_stays_away_costs_nobody_an_answer():
    ledger = Ledger(failures=1000)
    run(ledger, [job(1)], patience=0.2)
    assert ledger.results == {"1": committer.Dropped()}
    assert ledger.batches == []


def test_many_threads_submit():
    ledger = Ledger()
    thread = committer.Committer(ledger.store, ledger.deliver)
    thread.start()
    submitters = [
        threading.Thread(
            target=lambda start=start: [thread.submit(job(start + number)) for number in range(100)]
        )
        for start in range(0, 800, 100)
    ]
    for one in submitters:
        one.start()
    for one in submitters:
        one.join()
    thread.finish()
    thread.join(10)
    assert len(ledger.results) == 800


def test_what_followed_a_message_that_was_given_up_is_not_stored_ahead_of_it():
    """The database is back between the two of one connection; another one's is stored."""
    ledger = Ledger(failures=1)
    one, other = object(), object()
    jobs = []
    for number, owner in enumerate((one, one, other, one)):
        part = reception.Part(b"x" * (committer.MOST_BYTES // 2), key=str(number))
        jobs.append(committer.Job(DOOR, part, (owner, None)))
    jobs[0].since -= 100
    run(ledger, jobs, patience=10)
    assert ledger.batches == [["2"]]
    assert [key for key, told in sorted(ledger.results.items()) if told == committer.Dropped()] == [
        "0",
        "1",
        "3",
    ]


def test_one_that_cannot_go_on_says_so():
    told = []

    def deliver(_results):
        raise RuntimeError("the loop is closed")

    thread = committer.Committer(Ledger().store, deliver, failed=lambda: told.append(True))
    thread.submit(job(1))
    thread.start()
    thread.join(10)
    assert told == [True]
