"""Standard Webhooks against their public libraries in JavaScript, in both directions.

What these libraries read and sign is text; the ones in Python are in ``test_signers`` and
``test_schemes_libraries``.
"""

import json
import os
import subprocess
import time
from typing import Any

import pytest
from core_tools import http_auth
from hypothesis import given, settings
from hypothesis import strategies as st

from setup import javascript
from setup.settings import REPOSITORY, Settings
from tests.unit.load_webhooks import load

base = load("signers.base")
standard = load("signers.standard")
webhooks = load("standard_webhooks")

LIBRARIES = ("standardwebhooks", "svix")
ids = st.text([chr(c) for c in range(0x21, 0x7F) if chr(c) != "."], min_size=1, max_size=80)
# As a body these libraries take a JSON text.
documents = st.recursive(
    st.none() | st.integers() | st.text(st.characters(codec="utf-8"), max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
).map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "ignore").decode())
secrets = st.integers(24, 64).map(lambda size: webhooks.Secret.generate(size).serialise())
# One process of node for all deliveries of an example.
few = settings(max_examples=8, deadline=None)
several = st.lists(st.tuples(secrets, ids, documents), min_size=1, max_size=20)


@pytest.fixture(scope="module")
def node_path() -> str:
    place = javascript.folder(Settings.from_environ()) / "node_modules"
    if not place.is_dir():
        if os.environ.get("CI"):
            pytest.fail("the libraries in JavaScript were not fetched")
        pytest.skip("`make test` fetches the libraries in JavaScript")
    return str(place)


def ask(node_path: str, tasks: list[dict[str, Any]]) -> list[Any]:
    ended = subprocess.run(
        ["node", REPOSITORY / "tests" / "javascript" / "webhooks.js"],
        input=json.dumps(tasks),
        env={**os.environ, "NODE_PATH": node_path},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(ended.stdout)


def signed(secrets_in_force: list[str], message_id: str, body: str) -> dict[str, str]:
    proofs = [http_auth.SharedSecret(secret) for secret in secrets_in_force]
    delivery = base.Delivery(
        message_id, int(time.time()), "https://partner.example/hook", body.encode()
    )
    return standard.StandardSigner.from_proofs(proofs).headers(delivery)


def under_names_of(library: str, headers: dict[str, str]) -> dict[str, str]:
    """Svix' own receivers also know the headers by the names that they had first."""
    if library == "standardwebhooks":
        return headers
    return {name.replace("webhook-", "svix-"): value for name, value in headers.items()}


@few
@given(deliveries=several, other=secrets)
def test_they_verify_what_we_sign(node_path, deliveries, other):
    """Also while the secret is rotated, and under either family of names."""
    tasks = []
    for secret, message_id, body in deliveries:
        headers = signed([other, secret], message_id, body)
        tasks += [
            {"library": library, "secret": secret, "headers": named, "body": body}
            for library in LIBRARIES
            for named in (headers, under_names_of(library, headers))
        ]
    assert ask(node_path, tasks) == [True] * len(tasks)


@few
@given(deliveries=several, other=secrets)
def test_they_refuse_what_was_changed(node_path, deliveries, other):
    tasks = []
    for secret, message_id, body in deliveries:
        headers = signed([secret], message_id, body)
        for changed in (
            {"body": body + " "},
            {"secret": other},
            {"headers": {**headers, "webhook-id": message_id + "1"}},
        ):
            whole = {"secret": secret, "headers": headers, "body": body, **changed}
            tasks += [{"library": library, **whole} for library in LIBRARIES]
    assert set(ask(node_path, tasks)) == {"No matching signature found"}


@few
@given(deliveries=several, other=secrets)
def test_we_verify_what_they_sign(node_path, deliveries, other):
    now = int(time.time())
    tasks = [
        {"library": library, "secret": secret, "id": message_id, "seconds": now, "body": body}
        for secret, message_id, body in deliveries
        for library in LIBRARIES
    ]
    for task, signature in zip(tasks, ask(node_path, tasks), strict=True):
        headers = {
            "webhook-id": task["id"],
            "webhook-timestamp": str(now),
            "webhook-signature": signature,
        }
        known = [webhooks.Secret.parse(other), webhooks.Secret.parse(task["secret"])]
        verified = webhooks.verify(headers, task["body"].encode(), known, now)
        assert (verified.id, verified.secret_index) == (task["id"], 1)
