from . import mixins, models
