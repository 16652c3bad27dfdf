from . import integration_authorization_entry
