from odoo import models


class IntegrationAuditUnsealed(models.Model):
    """Queue of the sealer: the ids of the entries that have no seal yet, and nothing else.

    A trigger fills it (``engine.audit_triggers``), in the transaction that writes the entry.
    """

    _name = "integration.audit.unsealed"
    _description = "Integration Audit Entry Without Seal"
    _log_access = False
