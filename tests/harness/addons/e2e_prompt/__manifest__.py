{
    "name": "Prompt Job Runner",
    "summary": "Server-wide module of the test harness; it is never installed",
    "version": "19.0.1.0.0",
    "author": "Integration Suite Contributors",
    "website": "https://github.com/integration-suite/integration-suite",
    "license": "LGPL-3",
    "category": "Hidden",
    "depends": ["queue_job"],
    "installable": False,
}
