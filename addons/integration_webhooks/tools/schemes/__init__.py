"""How senders prove that a delivery is theirs: one small class a scheme.

:mod:`.registry` lists them. :mod:`.base` says what they share.
"""
