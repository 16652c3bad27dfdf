"""The command line: ``python -m tests.bench [--rounds N] [--trial] [NAME …]``."""

import argparse
import sys

from tests.bench import (
    adt_apply,
    audit_cost,
    collect_scale,
    dashboard_scale,
    dft_apply,
    dispense_apply,
    engine_inbound_drain,
    event_capture,
    event_latency,
    fhir_poll,
    hl7_parse,
    inbound_batch,
    inbound_http,
    ledger_scale,
    master_upsert,
    mfn_upsert,
    mllp_durable,
    monitoring_cost,
    outbound_delivery,
    outbound_isolation,
    outbound_vs_bare,
    payload_encryption,
    po_roundtrip,
    retention_under_traffic,
    rules,
    runner,
)
from tests.harness import Harness

_BENCHMARKS = {
    module.NAME: module
    for module in (
        engine_inbound_drain,
        inbound_http,
        inbound_batch,
        master_upsert,
        mfn_upsert,
        event_capture,
        ledger_scale,
        dashboard_scale,
        event_latency,
        payload_encryption,
        retention_under_traffic,
        audit_cost,
        collect_scale,
        monitoring_cost,
        outbound_delivery,
        outbound_vs_bare,
        outbound_isolation,
        po_roundtrip,
        hl7_parse,
        adt_apply,
        dispense_apply,
        dft_apply,
        mllp_durable,
        fhir_poll,
    )
}


def main(argv: list[str]) -> int:
    """Run benchmarks; 0: all targets met, 1: one was missed, 2: a run broke a rule."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    # What is not named is run as well; `choices` would refuse an empty list.
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(_BENCHMARKS))
    parser.add_argument("--rounds", type=int, default=runner.DEFAULT_ROUNDS)
    parser.add_argument("--trial", action="store_true", help="one round, no result")
    options = parser.parse_args(argv)
    unknown = set(options.names) - set(_BENCHMARKS)
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    harness = Harness.open()
    worst = 0
    for name in options.names or _BENCHMARKS:
        worst = max(worst, _run(name, harness, options))
    return worst


def _run(name: str, harness: Harness, options: argparse.Namespace) -> int:
    benchmark = _BENCHMARKS[name]
    try:
        if options.trial:
            runner.trial(benchmark, harness)
            return 0
        return 0 if runner.run(benchmark, harness, options.rounds) else 1
    except rules.RuleBrokenError as broken:
        print(f"REFUSED {name}: {broken}", flush=True)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
