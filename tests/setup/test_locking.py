import os
import subprocess
import sys

import pytest

from setup.console import SetupError
from setup.locking import exclusive, holder


def test_a_held_lock_is_refused_without_waiting(tmp_path):
    lock = tmp_path / "home" / "some.lock"
    with exclusive(lock, "testing"):
        again = exclusive(lock, "testing", refusal="It is taken.")
        with pytest.raises(SetupError, match="It is taken"):
            again.__enter__()
        assert holder(lock) == os.getpid(), "whoever was refused must not hide who has it"


def test_a_lock_is_free_again_afterwards(tmp_path):
    for _ in range(2):
        with exclusive(tmp_path / "some.lock", "testing", refusal="It is taken."):
            pass
    assert holder(tmp_path / "some.lock") is None


def test_nobody_holds_what_was_never_locked(tmp_path):
    assert holder(tmp_path / "none.lock") is None


def test_the_number_of_a_killed_holder_is_not_told(tmp_path):
    lock = tmp_path / "some.lock"
    code = (
        "import os, pathlib, sys; from setup.locking import exclusive\n"
        "with exclusive(pathlib.Path(sys.argv[1]), 'testing'): os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, lock], check=True)
    assert lock.read_text(), "the number stays behind"
    assert holder(lock) is None
