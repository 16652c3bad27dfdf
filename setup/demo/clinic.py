#!/usr/bin/env python3
"""Open the demo clinic; ``python setup/demo/clinic.py --help`` tells the rest."""

import sys

from demo_clinic.cli import main

if __name__ == "__main__":
    sys.exit(main())
