from . import engine, mixins, models, wizards
