"""Lets a test's server begin at once, and with nothing that no test uses.

The job runner waits five seconds "to let the workers start at ease", and there are some sixty
servers. Each would start a second Odoo for websockets, as long in starting as the first: a test
that opens one leaves this module out. And the password of each user would be made hard to guess:
half a second of computing whenever somebody is created or logs in, which each test does several
times.
"""

import os
import subprocess

from odoo.service.server import PreforkServer

from odoo.addons.base.models import res_users
from odoo.addons.queue_job import jobrunner


def _spawn_something_small(server):
    """A process in the place of the second Odoo, which ends with the server however that ends.

    With none at all, the server would try again in each round of its loop, and ask the database
    for changes before: a connection that breaks in that moment would end it.
    """
    command = ["tail", f"--pid={os.getpid()}", "--follow", "/dev/null"]
    server.long_polling_pid = subprocess.Popen(command, stdin=subprocess.DEVNULL).pid


jobrunner.START_DELAY = 0
res_users.MIN_ROUNDS = 1
PreforkServer.long_polling_spawn = _spawn_something_small
