from . import canonical
