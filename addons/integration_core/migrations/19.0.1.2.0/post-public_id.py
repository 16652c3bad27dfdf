"""Each interface has a public name of its own; a new column gave one to all of them."""


def migrate(cr, version):
    if version:
        cr.execute(
            "UPDATE integration_interface SET public_id = replace(gen_random_uuid()::text, '-', '')"
        )
