"""Lets the job runner of a test's server begin at once.

It waits five seconds "to let the workers start at ease", and there are some sixty servers.
"""

from odoo.addons.queue_job import jobrunner

jobrunner.START_DELAY = 0
