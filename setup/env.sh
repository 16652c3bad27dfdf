#!/bin/sh
# Prepare this machine, start the private PostgreSQL, and print the shell variables to use both:
#     eval "$(setup/env.sh)"
# Afterwards `odoo`, `psql` and `pytest` are those of the suite. `make stop` stops PostgreSQL.
cd "$(dirname "$0")/.." && exec "${PYTHON:-python3}" -m setup env
