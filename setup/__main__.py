"""The command line: ``python3 -m setup COMMAND``."""

import argparse
import shlex
import sys

from setup import machine
from setup.console import SetupError, say
from setup.settings import Settings


def main(argv: list[str]) -> int:
    """Run a command and return its exit code."""
    options = _parser().parse_args(argv)
    try:
        return options.command(Settings.from_environ(), options)
    except SetupError as error:
        say(f"\nStopped: {error}")
        return 2
    except KeyboardInterrupt:
        say("\nInterrupted.")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m setup", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    env = commands.add_parser("env", help="prepare, and print shell variables to use the result")
    env.set_defaults(command=_env)
    return parser


def _env(settings: Settings, _options: argparse.Namespace) -> int:
    ready = machine.prepare(settings)
    for name, value in sorted(ready.exports.items()):
        print(f"export {name}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
