from . import ask_reason, audited, governed
