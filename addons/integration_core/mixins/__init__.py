from . import ask_reason, audited, governed, message_screen, revised, unmapped
