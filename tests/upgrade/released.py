"""Addons as they were released, taken from the history of this repository."""

import subprocess
from pathlib import Path

#: The last commit of each released version. Upgrades from all of them are tested.
COMMITS = {
    "19.0.1.0.0": "e0622a157401c590558e8b52ff569eb0d090f0e4",
    "19.0.1.2.0": "06a5393f3b0b8d93cc7c4764267492d20b548f34",
    "19.0.1.3.0": "d55fe36c812531d3b0475c1db73c90a55ff2845b",
    "19.0.1.4.0": "4b2e1fef74a650a307cfaa26ef6d9b4ba7a19abf",
    "19.0.1.5.0": "8d947d5a2ba5cd5c83c365410f70ccbd63273ee5",
    "19.0.1.6.0": "5f6711f09eb06fd1484a478020ab0c41a8793db7",
}


def has(repository: Path, commit: str) -> bool:
    """Whether the history reaches back so far; that of a shallow clone does not."""
    command = ["git", "-C", repository, "cat-file", "-e", f"{commit}^{{commit}}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def extract(repository: Path, commit: str, folder: Path) -> Path:
    """Write the addons of ``commit`` below ``folder`` and return their folder."""
    archive = subprocess.run(
        ["git", "-C", repository, "archive", commit, "addons"], capture_output=True, check=True
    )
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
    return folder / "addons"
