#!/usr/bin/env python3
"""Open the demo hospital; ``python setup/demo/hospital.py --help`` tells the rest."""

import sys

from demo_hospital.cli import main

if __name__ == "__main__":
    sys.exit(main())
