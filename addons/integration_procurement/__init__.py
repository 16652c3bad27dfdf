from . import engine, models, tools
