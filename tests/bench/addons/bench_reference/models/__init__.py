from . import (
    bench_body,
    bench_charge,
    bench_delivery,
    bench_fixture,
    bench_purchase,
    bench_roundtrip,
    integration_handler_bench,
)
