from . import answers, canonical, price_lists, shipments
