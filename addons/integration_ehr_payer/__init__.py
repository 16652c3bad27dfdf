from . import engine, mixins, models
