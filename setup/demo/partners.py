#!/usr/bin/env python3
"""Start the demo partners; ``python setup/demo/partners.py --help`` tells the rest."""

import sys

from demo_partners.cli import main

if __name__ == "__main__":
    sys.exit(main())
