"""A hospital for demonstrations: its days happen by chance, and Odoo is told of them by HL7 v2.

Nothing here knows Odoo or the suite: it is what stands on the other side of the wire.
"""
