"""The other end of :class:`tests.harness.shell.Shell`: runs in Odoo's environment.

Usage: ``python shell_worker.py CONFIG``. One JSON object a line comes in on stdin
(``code``, ``arguments``) and one a line goes out on stdout (``result`` or ``error``).
"""

import json
import os
import sys
import textwrap
import traceback
from typing import Any, TextIO

import odoo.init  # noqa: F401 - Odoo's own set-up; must come before its other modules
from odoo import api
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tools import config


def main(config_file: str) -> None:
    """Serve requests until stdin ends."""
    answers = _claim_stdout()
    config.parse_config([f"--config={config_file}"], setup_logging=True)
    registry = Registry(config["db_name"][0])
    for line in sys.stdin:
        # Another process may have changed the registry since the last request.
        registry = registry.check_signaling()
        answers.write(json.dumps(_serve(registry, json.loads(line)), default=str) + "\n")
        answers.flush()


def _claim_stdout() -> TextIO:
    """Return the real stdout and send whatever else is printed to stderr."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return answers


def _serve(registry: Registry, request: dict[str, Any]) -> dict[str, Any]:
    try:
        with registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            return {"result": retrying(lambda: _execute(env, request), env)}
    except Exception:
        return {"error": traceback.format_exc()}


def _execute(env: api.Environment, request: dict[str, Any]) -> Any:
    namespace = {"env": env, **request["arguments"]}
    exec(compile(textwrap.dedent(request["code"]), "<test>", "exec"), namespace)
    return namespace.get("result")


if __name__ == "__main__":
    main(sys.argv[1])
