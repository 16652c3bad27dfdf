from . import (
    bench_body,
    bench_charge,
    bench_clinical,
    bench_delivery,
    bench_fhir,
    bench_fixture,
    bench_purchase,
    bench_roundtrip,
    bench_usage,
    integration_handler_bench,
)
