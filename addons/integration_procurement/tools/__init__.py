from . import canonical, shipments
