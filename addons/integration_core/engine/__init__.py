"""The engine: SQL on the ledger and the drains that run it.

Modules here hold no model. They take a cursor, a registry or an environment, and are called by
``integration.lane`` (jobs), by the HTTP door and by the actions of an operator.
"""
