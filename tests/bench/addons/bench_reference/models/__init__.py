from . import bench_body, bench_fixture, integration_handler_bench
