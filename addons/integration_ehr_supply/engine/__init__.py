"""What clinical supply does beside the ORM."""

from ..tools import device_rows, fhir_orders

device_rows.register()
fhir_orders.register()
