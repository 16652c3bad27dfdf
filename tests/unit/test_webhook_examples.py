"""The examples in docs/webhooks.md work: they verify what we sign, and we verify what they sign."""

import base64
import json
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.unit.load_webhooks import load

PAGE = Path(__file__).resolve().parents[2] / "docs" / "webhooks.md"
BODY = '{"type": "order.confirmed", "data": {"number": "P00042", "note": "für Station 7"}}'.encode()
standard = load("standard_webhooks")
signers = load("signers.standard")
base = load("signers.base")
SECRET = standard.Secret.generate()
OTHER = standard.Secret.generate()

# Reads what the test hands over, and says the id, or that it was refused.
_HARNESS = """
const given = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const body = Buffer.from(given.body, "base64");
try {
    console.log(verify(given.headers, body, given.secret));
} catch (error) {
    console.log("refused: " + error.message);
}
"""


def example(language: str, function: str) -> str:
    """The example on the page that defines ``function``."""
    blocks = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.S)
    (found,) = [block for block in blocks if re.search(rf"\b(def|function) {function}\(", block)]
    return found


def python(function: str) -> Any:
    names: dict[str, Any] = {}
    exec(compile(example("python", function), str(PAGE), "exec"), names)
    return names[function]


def signed(*keys: Any, moment: float | None = None, body: bytes = BODY) -> dict[str, str]:
    timestamp = int(moment or time.time())
    delivery = base.Delivery("msg_1", timestamp, "https://partner.example/hook", body)
    return signers.StandardSigner(keys).headers(delivery)


def verify_in_node(headers: dict[str, str], body: bytes) -> str:
    given = {
        "headers": headers,
        "body": base64.b64encode(body).decode(),
        "secret": SECRET.serialise(),
    }
    ended = subprocess.run(
        ["node", "-e", example("javascript", "verify") + _HARNESS],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return ended.stdout.strip()


def verify_in_python(headers: dict[str, str], body: bytes) -> str:
    try:
        return python("verify")(headers, body, SECRET.serialise())
    except ValueError as error:
        return f"refused: {error}"


@pytest.fixture(params=["python", "javascript"])
def verify(request: pytest.FixtureRequest) -> Any:
    if request.param == "python":
        return verify_in_python
    if not shutil.which("node"):
        pytest.skip("node is not installed")
    return verify_in_node


def test_what_we_sign_is_accepted(verify: Any) -> None:
    assert verify(signed(SECRET), BODY) == "msg_1"


def test_either_secret_is_enough_while_it_is_rotated(verify: Any) -> None:
    assert verify(signed(OTHER, SECRET), BODY) == "msg_1"


def test_a_signature_of_another_kind_is_passed_over(verify: Any) -> None:
    pair = signers.Ed25519Key(b"k" * 32)
    assert verify(signed(pair, SECRET), BODY) == "msg_1"
    assert verify(signed(pair), BODY) == "refused: no signature is right"


def test_what_was_changed_is_refused(verify: Any) -> None:
    assert verify(signed(SECRET), BODY + b" ") == "refused: no signature is right"
    assert verify(signed(OTHER), BODY) == "refused: no signature is right"
    moved = {**signed(SECRET), "webhook-id": "msg_2"}
    assert verify(moved, BODY) == "refused: no signature is right"


def test_what_is_old_is_refused(verify: Any) -> None:
    old = signed(SECRET, moment=time.time() - 301)
    assert verify(old, BODY) == "refused: too old, or no time"
    assert verify({**old, "webhook-timestamp": "now"}, BODY) == "refused: too old, or no time"


def test_what_the_example_signs_is_accepted_by_us() -> None:
    headers = python("sign")("msg_3", BODY, SECRET.serialise())
    found = standard.verify(headers, BODY, [SECRET], time.time())
    assert found.id == "msg_3"
