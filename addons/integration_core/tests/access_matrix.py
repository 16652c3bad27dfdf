"""Who has which rights on which models: role by family of models."""

CONFIGURATION = (
    "integration.system",
    "integration.interface",
    "integration.policy",
    "integration.contract",
    "integration.contract.version",
    "integration.event.type",
    "integration.event.field",
    "integration.mapping",
    "integration.mapping.section",
    "integration.routing",
    "integration.routing.line",
    "integration.value.map",
    "integration.record.link",
    "integration.waiver",
    "integration.ownership",
    "integration.ownership.field",
)
# Ended, never deleted: what was muted is part of the history of events.
MUTES = ("integration.event.mute",)
# As mutes: what was done to messages is part of their history.
REPLAY_TASKS = ("integration.replay.task",)
REVISIONS = ("integration.revision",)
# An operator proposes values; only an administrator's are applied.
PROPOSED = ("integration.value.map.line",)
SECRETS = ("integration.credential", "integration.credential.version")
LEDGER = (
    "integration.message",
    "integration.attempt",
    "integration.batch",
    "integration.event",
    "integration.record.sync",
    "integration.conflict",
    "integration.conflict.line",
    "integration.duplicate",
    "integration.duplicate.candidate",
    "integration.exception",
    "integration.exception.line",
    "integration.readiness",
    "integration.readiness.line",
    "integration.readiness.result",
    "integration.replay.item",
)
RELEASE = ("integration.arming", "integration.restore.finding")
MACHINERY = (
    "integration.ownership.override",
    "integration.event.muted",
    "integration.lane",
    "integration.breaker",
    "integration.idempotency",
    "integration.message.key",
    "integration.rate",
    "integration.sequence",
    "integration.health",
    "integration.early.acknowledgement",
    "integration.token",
    "integration.encryption.key",
    "integration.reencryption",
    "integration.event.condition",
    "integration.content.sweep",
)
CONTENT = ("integration.payload",)
RETENTION = ("integration.retention",)
RETAINED = (
    "integration.retention.clock",
    "integration.retention.run",
    "integration.retention.line",
)
HOLDS = ("integration.legal.hold",)
AUDIT = (
    "integration.access",
    "integration.audit.entry",
    "integration.audit.membership",
    "integration.audit.seal",
    "integration.audit.unsealed",
    "integration.reveal",
)
# How the audit is doing, without what it holds: administrators have to mend it.
AUDIT_STATE = (
    "integration.audit.checkpoint",
    "integration.audit.trail",
    "integration.audit.verification",
)

ROLES = {
    "user": "base.group_user",
    "observer": "integration_core.group_observer",
    "content_viewer": "integration_core.group_content_viewer",
    "clinical_viewer": "integration_core.group_clinical_viewer",
    "content_exporter": "integration_core.group_content_exporter",
    "operator": "integration_core.group_operator",
    "administrator": "integration_core.group_administrator",
    "approver": "integration_core.group_approver",
    "auditor": "integration_core.group_auditor",
    "steward": "integration_core.group_steward",
}
NOTHING, READ, ALL = "", "r", "rwcd"
# Rights of each role on each family of models; the letters are read, write, create, delete.
MATRIX = {
    PROPOSED: {
        "user": NOTHING,
        "observer": READ,
        "content_exporter": READ,
        "content_viewer": READ,
        "clinical_viewer": READ,
        "operator": "rc",
        "administrator": ALL,
        "approver": READ,
        "auditor": READ,
        "steward": READ,
    },
    CONFIGURATION: {
        "user": NOTHING,
        "observer": READ,
        "content_exporter": READ,
        "content_viewer": READ,
        "clinical_viewer": READ,
        "operator": READ,
        "administrator": ALL,
        "approver": READ,
        "auditor": READ,
        "steward": READ,
    },
    REVISIONS: {
        "user": NOTHING,
        "observer": READ,
        "content_exporter": READ,
        "content_viewer": READ,
        "clinical_viewer": READ,
        "operator": READ,
        "administrator": "rw",
        "approver": READ,
        "auditor": READ,
        "steward": READ,
    },
    MUTES: {
        "user": NOTHING,
        "observer": READ,
        "content_exporter": READ,
        "content_viewer": READ,
        "clinical_viewer": READ,
        "operator": READ,
        "administrator": "rwc",
        "approver": READ,
        "auditor": READ,
        "steward": READ,
    },
    REPLAY_TASKS: {
        "user": NOTHING,
        "observer": READ,
        "content_exporter": READ,
        "content_viewer": READ,
        "clinical_viewer": READ,
        "operator": "rwc",
        "administrator": "rwc",
        "approver": READ,
        "auditor": READ,
        "steward": READ,
    },
    SECRETS: {
        "user": NOTHING,
        "observer": NOTHING,
        "content_exporter": NOTHING,
        "content_viewer": NOTHING,
        "clinical_viewer": NOTHING,
        "operator": NOTHING,
        "administrator": ALL,
        "approver": NOTHING,
        "auditor": NOTHING,
        "steward": NOTHING,
    },
    LEDGER: {
        "user": NOTHING,
        "observer": READ,
        "content_exporter": READ,
        "content_viewer": READ,
        "clinical_viewer": READ,
        "operator": READ,
        "administrator": READ,
        "approver": READ,
        "auditor": READ,
        "steward": READ,
    },
    RELEASE: {role: READ if role != "user" else NOTHING for role in ROLES},
    MACHINERY: {
        "user": NOTHING,
        "observer": NOTHING,
        "content_exporter": NOTHING,
        "content_viewer": NOTHING,
        "clinical_viewer": NOTHING,
        "operator": NOTHING,
        "administrator": READ,
        "approver": NOTHING,
        "auditor": NOTHING,
        "steward": NOTHING,
    },
    AUDIT: {
        "user": NOTHING,
        "observer": NOTHING,
        "content_exporter": NOTHING,
        "content_viewer": NOTHING,
        "clinical_viewer": NOTHING,
        "operator": NOTHING,
        "administrator": NOTHING,
        "approver": NOTHING,
        "auditor": READ,
        "steward": NOTHING,
    },
    RETENTION: {
        "user": NOTHING,
        "observer": NOTHING,
        "content_exporter": NOTHING,
        "content_viewer": NOTHING,
        "clinical_viewer": NOTHING,
        "operator": READ,
        "administrator": "rw",
        "approver": NOTHING,
        "auditor": READ,
        "steward": NOTHING,
    },
    RETAINED: {
        "user": NOTHING,
        "observer": NOTHING,
        "content_exporter": NOTHING,
        "content_viewer": NOTHING,
        "clinical_viewer": NOTHING,
        "operator": READ,
        "administrator": READ,
        "approver": NOTHING,
        "auditor": READ,
        "steward": NOTHING,
    },
    HOLDS: {
        "user": NOTHING,
        "observer": NOTHING,
        "content_exporter": NOTHING,
        "content_viewer": NOTHING,
        "clinical_viewer": NOTHING,
        "operator": "rwc",
        "administrator": "rwc",
        "approver": READ,
        "auditor": "rwc",
        "steward": NOTHING,
    },
    AUDIT_STATE: {
        "user": NOTHING,
        "observer": NOTHING,
        "content_exporter": NOTHING,
        "content_viewer": NOTHING,
        "clinical_viewer": NOTHING,
        "operator": NOTHING,
        "administrator": READ,
        "approver": NOTHING,
        "auditor": READ,
        "steward": NOTHING,
    },
    CONTENT: {
        "user": NOTHING,
        "observer": NOTHING,
        "content_exporter": NOTHING,
        "content_viewer": READ,
        "clinical_viewer": READ,
        "operator": NOTHING,
        "administrator": READ,
        "approver": NOTHING,
        "auditor": NOTHING,
        "steward": READ,
    },
}
OPERATIONS = {"read": "r", "write": "w", "create": "c", "unlink": "d"}


class Rights:
    """For test cases of addons: what somebody may do with models."""

    def check_rights(self, names, user, allowed):
        """Somebody may do exactly this with each of these models.

        :param allowed: letters of :data:`OPERATIONS`
        """
        for name in names:
            model = self.env[name].with_user(user)
            for operation, letter in OPERATIONS.items():
                with self.subTest(model=name, user=user.login, operation=operation):
                    self.assertEqual(model.has_access(operation), letter in allowed)
