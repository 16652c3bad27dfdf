from . import (
    bench_body,
    bench_delivery,
    bench_fixture,
    bench_purchase,
    integration_handler_bench,
)
