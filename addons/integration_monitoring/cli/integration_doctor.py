"""``odoo integration_doctor``: checks the set-up of the suite. See docs/monitoring.md."""
# Odoo loads this file by itself, as odoo.cli.integration_doctor: imports are absolute, and those of
# the addon come when Odoo knows its addons.

import sys

from odoo.cli import Command
from odoo.tools import config

MARKS = {"0": "good  ", "1": "advice", "2": "WRONG "}


class IntegrationDoctor(Command):
    """Check how Odoo and its database are set up for integrations, and say how to mend it"""

    name = "integration_doctor"

    def run(self, args):
        """Print what was found; the exit code is 1 when something is to be mended."""
        self.parser.add_argument("-c", "--config", help="odoo.conf, unless ODOO_RC names it")
        self.parser.add_argument("-d", "--database", required=True, help="name of the database")
        self.parser.add_argument(
            "--all", action="store_true", help="tell what is good as well, not only what is not"
        )
        options = self.parser.parse_args(args)
        known = ["--no-http"]
        if options.config:
            known.append(f"--config={options.config}")
        config.parse_config(known, setup_logging=False)
        sys.exit(_examine(options.database, options.all))


def _examine(database, everything):
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry

    registry = Registry(database)
    if "integration.doctor" not in registry:
        return f"integration_monitoring is not installed in {database}."
    with registry.cursor() as cr:
        findings = api.Environment(cr, SUPERUSER_ID, {})["integration.doctor"]._findings()
    for one in findings:
        if everything or one["grade"] != "0":
            print(f"{MARKS[one['grade']]}  {one['name']}")
            if one["advice"]:
                print(f"        {one['advice']}")
    wrong = sum(one["grade"] == "2" for one in findings)
    advice = sum(one["grade"] == "1" for one in findings)
    print(f"{len(findings)} checks: {wrong} to be mended, {advice} with advice.")
    return 1 if wrong else 0
