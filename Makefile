# Everything below prepares the machine as far as it is not prepared yet.
# Variables: PYTHON, PORT, PACE, ODOO_DIR, SUITE_HOME, PGHOST/PGPORT/PGUSER, TEST_PROCESSES (see README.md).
PYTHON ?= python3
MODULES ?= purchase purchase_stock
SETUP = @$(PYTHON) -m setup

.DEFAULT_GOAL = help
.PHONY: help run test test-long test-odoo lint docs bench stop clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1 — /p' Makefile

run: ## start Odoo with the suite, demo data and demo partners on http://localhost:8069; PORT=8070 for another port, PACE=60 for a quicker hospital
	$(SETUP) run

test: ## install the addons and run the tests; ARGS="tests/e2e -k name" selects some, long ones too
	$(SETUP) test $(ARGS)

test-long: ## run the tests that `make test` leaves out because each takes half a minute or more
	$(SETUP) test-long $(ARGS)

test-odoo: ## run Odoo's own tests of MODULES="purchase purchase_stock" with the suite installed; BASELINE=1 lists what fails without
	$(SETUP) test-odoo $(MODULES) $(if $(BASELINE),--baseline)

lint: ## ruff check, ruff format --check, pylint-odoo
	$(SETUP) lint

docs: ## make the catalogues of events and messages in docs/procurement.md and docs/ehr.md anew
	$(SETUP) docs

bench: ## run the benchmarks; NAME="engine_inbound_drain" selects one
	$(SETUP) bench $(NAME)

stop: ## stop the demo and the private PostgreSQL; all that was made stays
	$(SETUP) stop

clean: ## delete all that was fetched or made, databases included
	$(SETUP) clean
