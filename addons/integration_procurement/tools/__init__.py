from . import answers, canonical
