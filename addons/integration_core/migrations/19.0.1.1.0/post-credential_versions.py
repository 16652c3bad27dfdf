"""Number the secrets of each credential, and name who made a credential as its responsible."""


def migrate(cr, version):
    cr.execute(
        """
        UPDATE integration_credential_version v SET number = n.number
          FROM (SELECT id, row_number() OVER (PARTITION BY credential_id ORDER BY id) AS number
                  FROM integration_credential_version) n
         WHERE n.id = v.id AND coalesce(v.number, 0) = 0
        """
    )
    cr.execute(
        """
        UPDATE integration_credential c SET user_id = c.create_uid
          FROM res_users u WHERE u.id = c.create_uid AND u.active
        """
    )
