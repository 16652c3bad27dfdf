import pytest

from setup.console import SetupError
from setup.locking import exclusive


def test_a_held_lock_is_refused_without_waiting(tmp_path):
    lock = tmp_path / "home" / "some.lock"
    with exclusive(lock, "testing"):
        again = exclusive(lock, "testing", wait=False)
        with pytest.raises(SetupError, match="busy with testing"):
            again.__enter__()


def test_a_lock_is_free_again_afterwards(tmp_path):
    for _ in range(2):
        with exclusive(tmp_path / "some.lock", "testing", wait=False):
            pass
