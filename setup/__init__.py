"""Everything that prepares a machine, and the commands behind the Makefile.

Run as ``python3 -m setup COMMAND`` from the top of the repository. Only the standard
library is imported here: on a fresh machine this package runs before anything is installed.
"""
