from . import engine, models, tools, wizards
