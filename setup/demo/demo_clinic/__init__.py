"""A clinic for demonstrations whose system keeps records and speaks FHIR R4.

It tells Odoo what has changed, answers when Odoo asks, and reads what Odoo shows. Nothing here
knows Odoo or the suite: it is what stands on the other side of the wire.
"""
