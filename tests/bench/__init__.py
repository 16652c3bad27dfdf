"""Benchmarks: ``make bench [NAME=…]``, or ``python -m tests.bench [NAME …]``.

Each one compares the suite with the plain way of doing the same in Odoo, and ends with one line
``BENCH {…}``. The rules that keep such a comparison honest are in :mod:`tests.bench.rules` and
:mod:`tests.bench.runner`; a run that breaks one prints no figure. ``docs/benchmarks.md`` explains
what is compared and holds figures as measured.
"""
