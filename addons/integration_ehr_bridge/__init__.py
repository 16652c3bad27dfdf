from . import controllers, engine, mixins, models, wizards
