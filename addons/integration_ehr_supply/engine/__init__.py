"""What clinical supply does beside the ORM."""

from ..tools import device_rows

device_rows.register()
