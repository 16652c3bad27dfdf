from . import insert
