"""Calling models the way the web client does."""

from dataclasses import dataclass
from typing import Any

import requests

_TIMEOUT = 120  # seconds; a first call may build assets


class RpcError(Exception):
    """Odoo answered with an error.

    :ivar name: dotted name of the exception class, e.g. ``odoo.exceptions.AccessError``
    :ivar message: its text
    :ivar debug: the server's traceback
    """

    def __init__(self, name: str, message: str, debug: str) -> None:
        super().__init__(f"{name}: {message}\n{debug}")
        self.name = name
        self.message = message
        self.debug = debug


@dataclass
class Client:
    """A logged-in session.

    :ivar session: for plain HTTP requests with the session's cookie
    :ivar uid: id of the user
    """

    url: str
    session: requests.Session
    uid: int = 0

    @classmethod
    def login(cls, url: str, database: str, login: str, password: str) -> "Client":
        """Open a session.

        :raises RpcError: wrong login or password
        """
        client = cls(url, requests.Session())
        credentials = {"db": database, "login": login, "password": password}
        client.uid = client.post("/web/session/authenticate", credentials)["uid"]
        return client

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a public method of a model and return its result.

        :raises RpcError: the method raised
        """
        parameters = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self.post(f"/web/dataset/call_kw/{model}/{method}", parameters)

    def post(self, path: str, parameters: dict[str, Any]) -> Any:
        """Call a JSON-RPC route and return its result."""
        answer = self.session.post(
            self.url + path,
            json={"jsonrpc": "2.0", "method": "call", "params": parameters},
            timeout=_TIMEOUT,
        )
        answer.raise_for_status()
        body = answer.json()
        if "error" in body:
            data = body["error"].get("data", {})
            raise RpcError(data.get("name", ""), data.get("message", ""), data.get("debug", ""))
        return body.get("result")
