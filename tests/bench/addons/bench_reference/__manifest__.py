{
    "name": "Benchmark References",
    "summary": "What the benchmarks compare the suite with; installed in their databases only",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "author": "Integration Suite Contributors",
    "website": "https://github.com/integration-suite/integration-suite",
    "license": "LGPL-3",
    "depends": [
        "integration_ehr_billing",
        "integration_ehr_bridge",
        "integration_ehr_supply",
        "integration_procurement",
    ],
    "data": ["security/ir.model.access.csv"],
}
