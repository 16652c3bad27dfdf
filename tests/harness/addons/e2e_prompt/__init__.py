"""Lets a test's server begin at once, and with nothing that no test uses.

The job runner waits five seconds "to let the workers start at ease", and there are some sixty
servers. Each would start a second Odoo for websockets, as long in starting as the first: no test
opens one.
"""

from odoo.service.server import PreforkServer

from odoo.addons.queue_job import jobrunner

jobrunner.START_DELAY = 0
PreforkServer.long_polling_spawn = lambda _server: None
