"""Rights on the models of this addon; the walks over all of them are in the core's tests."""

from odoo.addons.integration_core.tests.access_calls import READERS
