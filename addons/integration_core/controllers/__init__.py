from . import audit_export, dispatcher, jwks
