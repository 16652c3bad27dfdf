"""Trading partners to watch: small, real HTTP programs that exchange webhooks with Odoo.

They share no code with the addons on purpose. Signatures are made and checked by the public
``standardwebhooks`` library, so that what works here works with a partner who has never seen
this suite.
"""
