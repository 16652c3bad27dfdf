"""The command line: ``python3 -m setup COMMAND``. The Makefile has a target for each."""

import argparse
import shlex
import subprocess
import sys

from setup import (
    cleaning,
    demo_run,
    documents,
    key_ring,
    lint,
    machine,
    odoo_tests,
    run_tests,
)
from setup.console import SetupError, say
from setup.settings import Settings


def main(argv: list[str]) -> int:
    """Run a command and return its exit code."""
    # What follows the command's name belongs to pytest or the benchmark, options included.
    options, arguments = _parser().parse_known_args(argv)
    if arguments and not options.takes_arguments:
        say(f"{options.name} takes no arguments, but got: {' '.join(arguments)}")
        return 2
    try:
        return options.run(Settings.from_environ(), arguments)
    except SetupError as error:
        say(f"\nStopped: {error}")
        return 2
    except KeyboardInterrupt:
        say("\nInterrupted.")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m setup", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="name")
    for name, run, help_ in (
        ("env", lambda settings, _: _env(settings), "prepare; print shell variables to use it"),
        ("run", lambda settings, _: demo_run.run(settings), "start Odoo with demo data"),
        ("docs", lambda settings, _: _docs(settings), "make the catalogues of messages anew"),
        ("lint", lambda settings, _: lint.run(settings), "run the linters"),
        ("stop", lambda settings, _: cleaning.stop(settings), "stop demo and PostgreSQL"),
        ("clean", lambda settings, _: cleaning.clean(settings), "delete what was made"),
    ):
        commands.add_parser(name, help=help_).set_defaults(run=run, takes_arguments=False)
    for name, run, help_ in (
        ("key", _key, "print a new entry for a key ring, under the name that is given"),
        ("test", run_tests.run, "run the tests; further arguments are pytest's"),
        ("test-long", run_tests.run_long, "run the tests that take long; as for test"),
        ("test-odoo", odoo_tests.run, "run Odoo's own tests of the modules that are named"),
        ("bench", _bench, "run the benchmarks, or those that are named"),
    ):
        # Not even --help is taken from pytest.
        command = commands.add_parser(name, help=help_, add_help=False)
        command.set_defaults(run=run, takes_arguments=True)
    return parser


def _env(settings: Settings) -> int:
    for name, value in sorted(machine.prepare(settings).exports.items()):
        print(f"export {name}={shlex.quote(value)}")
    return 0


def _key(_settings: Settings, names: list[str]) -> int:
    if len(names) != 1 or not key_ring.is_name(names[0]):
        say("Give one name for the key: 1 to 32 letters, digits, dots, dashes or underscores.")
        return 2
    print(key_ring.generate(names[0]))
    return 0


def _docs(settings: Settings) -> int:
    for path in documents.write(settings.repository):
        say(f"Written: {path}")
    return 0


def _bench(settings: Settings, names: list[str]) -> int:
    with machine.prepared(settings) as ready:
        command = [settings.python, "-m", "tests.bench", *names]
        return subprocess.run(
            command, cwd=settings.repository, env=ready.environ, check=False
        ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
