"""Changes that wait for their time stand in the order in which their messages arrived."""


def migrate(cr, version):
    if not version:
        return
    cr.execute(
        "UPDATE ehr_coming c SET arrived = m.id FROM integration_message m "
        "WHERE m.uuid = c.message_uuid AND c.state = 'waiting'"
    )
