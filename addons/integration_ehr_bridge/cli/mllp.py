"""``odoo mllp``: the process that receives HL7 v2 over MLLP. See docs/mllp.md."""
# Odoo loads this file by itself, as odoo.cli.mllp: imports are absolute, and those of the addon
# come when Odoo knows its addons.

import sys

from odoo.cli import Command
from odoo.tools import config


class Mllp(Command):
    """Receive HL7 v2 over MLLP for the interfaces of a database"""

    def run(self, args):
        """Serve until SIGTERM; the exit code is 75 when Odoo was changed, so start it again."""
        self.parser.add_argument("-c", "--config", help="odoo.conf, unless ODOO_RC names it")
        self.parser.add_argument("-d", "--database", required=True, help="name of the database")
        self.parser.add_argument(
            "--bind",
            default="",
            help="addresses to listen on, between commas; all of this machine by default. Ports "
            "without encryption listen on the loopback interface, whatever is said here.",
        )
        self.parser.add_argument("--logfile", help="file for the log; standard error by default")
        options = self.parser.parse_args(args)
        known = [f"--database={options.database}", "--no-http"]
        for name in ("config", "logfile"):
            if value := getattr(options, name):
                known.append(f"--{name}={value}")
        config.parse_config(known, setup_logging=True)
        from odoo.service.server import load_server_wide_modules

        load_server_wide_modules()
        from odoo.addons.integration_ehr_bridge.engine.listener_service import Service

        try:
            service = Service(options.database, options.bind)
        except ValueError as exc:
            sys.exit(str(exc))
        sys.exit(service.run())
