from . import controllers, engine, models
