"""Who may call which public method, in which state of its record, with which arguments."""

from .access_matrix import ROLES

OUTSIDERS = {"portal": "base.group_portal", "public": "base.group_public"}
OPERATORS = {"operator", "administrator"}
ADMINISTRATORS = {"administrator"}
APPROVERS = {"approver"}
AUDITORS = {"auditor"}
CONTENT_VIEWERS = {"content_viewer", "clinical_viewer", "administrator", "steward"}
HOLDERS = {"operator", "administrator", "auditor"}
READERS = set(ROLES) - {"user"}
STEWARDS = {"steward", "administrator"}
INSIDERS = set(ROLES)
EVERYBODY = set(ROLES) | set(OUTSIDERS)

# Nobody downloads content by one role alone: it takes the right to see and the right to export.
CONTENT_METHODS = {
    "content_state": CONTENT_VIEWERS,
    "reveal_content": CONTENT_VIEWERS,
    "end_reveal": CONTENT_VIEWERS,
    "download_content": set(),
}

# Who may call the public methods of a model over RPC; a call by anybody else must be refused.
# Methods that only open a screen (action_open_…, action_ask_…) need no line: what the screen shows
# is protected by the rights on its models, and what its buttons do by lines of this table.
MAY_CALL = {
    "integration.audit.entry": {"export_data": AUDITORS},
    "integration.audit.trail": {"action_verify": AUDITORS},
    "integration.audit.verification": {"action_accept": AUDITORS},
    "integration.arming": {
        "action_disarm": ADMINISTRATORS,
        "action_examine": ADMINISTRATORS,
        "action_release": ADMINISTRATORS,
        "action_open": READERS,
    },
    "integration.restore.finding": {
        "action_settle": OPERATORS,
        "action_unsettle": OPERATORS,
    },
    "integration.contract": {"action_new_version": ADMINISTRATORS},
    "integration.contract.version": {
        "action_submit": ADMINISTRATORS,
        "action_approve": APPROVERS,
        "action_send_back": ADMINISTRATORS | APPROVERS,
        "action_retire": ADMINISTRATORS,
        "action_confirm_moved": APPROVERS,
        "action_try_samples": ADMINISTRATORS,
        "action_write_to_partners": READERS,  # prepares a mail and sends none
    },
    "integration.credential": {
        "rotation_setup": ADMINISTRATORS,
        "rotate": ADMINISTRATORS,
        "action_undo_rotation": ADMINISTRATORS,
    },
    "integration.credential.version": {"action_revoke": ADMINISTRATORS},
    "integration.reencryption": {
        "action_start": ADMINISTRATORS,
        "action_pause": ADMINISTRATORS,
    },
    "integration.exception": {"action_accept": STEWARDS, "action_reject": STEWARDS},
    "integration.readiness": {"action_check_again": OPERATORS},
    "integration.interface": {
        "action_check_readiness": OPERATORS,
        "action_submit": ADMINISTRATORS,
        "action_approve": APPROVERS,
        "action_send_back": ADMINISTRATORS | APPROVERS,
        "action_activate": ADMINISTRATORS,
        "action_emergency_activation": ADMINISTRATORS,
        "action_release_emergency": APPROVERS,
        "action_propose_change": ADMINISTRATORS,
        "action_deprecate": ADMINISTRATORS,
        "action_retire": ADMINISTRATORS,
        "action_back_to_draft": ADMINISTRATORS,
        "action_pause": OPERATORS,
        "action_resume": OPERATORS,
        "action_stop_receiving": OPERATORS,
        "try_filter": CONTENT_VIEWERS,
        "action_send_test": OPERATORS,
        "action_end_former_address": ADMINISTRATORS,
    },
    "integration.mapping": {
        "action_submit": ADMINISTRATORS,
        "action_approve": APPROVERS,
        "action_send_back": ADMINISTRATORS | APPROVERS,
        "action_retire": ADMINISTRATORS,
        "action_new_version": ADMINISTRATORS,
        "trial_setup": READERS,
        "trial_input": CONTENT_VIEWERS,
        "run_trial": CONTENT_VIEWERS,
    },
    "integration.routing": {
        "action_submit": ADMINISTRATORS,
        "action_approve": APPROVERS,
        "action_send_back": ADMINISTRATORS | APPROVERS,
        "action_retire": ADMINISTRATORS,
        "action_new_version": ADMINISTRATORS,
    },
    "integration.event.type": {
        "action_check_now": ADMINISTRATORS,
        "try_on": READERS,  # with the rights on the document, see test_event_definition
        "write_contract": ADMINISTRATORS,
    },
    "integration.waiver": {
        "action_submit": ADMINISTRATORS,
        "action_approve": APPROVERS,
        "action_send_back": ADMINISTRATORS | APPROVERS,
        "action_revoke": ADMINISTRATORS | APPROVERS,
    },
    "integration.policy": {"action_duplicate": ADMINISTRATORS},
    "integration.value.map": {
        "action_reprocess_waiting": OPERATORS,
        "count_waiting": OPERATORS,
        "map_values": OPERATORS,
        "reprocess_waiting": OPERATORS,
        "search_targets": READERS,
        "value_choices": OPERATORS & CONTENT_VIEWERS,
    },
    "integration.value.map.line": {
        "action_confirm": ADMINISTRATORS,
        "action_reject": ADMINISTRATORS,
    },
    "integration.event": CONTENT_METHODS,
    "integration.message": {
        **CONTENT_METHODS,
        "action_map_values": OPERATORS,
        "action_try_mapping": READERS,  # opens the trial, which shows content to its viewers
        "unmapped_values": OPERATORS,  # says so instead of values to those who may not see any
        "action_retry": OPERATORS,
        "action_replay": OPERATORS,
        "action_park": OPERATORS,
        "action_release": OPERATORS,
        "action_cancel": OPERATORS,
        "action_resolve": OPERATORS,
    },
    "integration.revision": {
        "action_submit": ADMINISTRATORS,
        "action_approve": APPROVERS,
        "action_send_back": ADMINISTRATORS | APPROVERS,
        "action_discard": ADMINISTRATORS,
        "action_emergency": ADMINISTRATORS,
        "action_undo": ADMINISTRATORS | APPROVERS,
        "action_return_to": ADMINISTRATORS,
        "action_write_to_partner": ADMINISTRATORS,
    },
    "integration.retention": {
        "action_preview": ADMINISTRATORS,
        "action_run_now": ADMINISTRATORS,
        "action_suspend": ADMINISTRATORS,
        "action_resume": ADMINISTRATORS,
    },
    "integration.legal.hold": {
        "action_submit": HOLDERS,
        "action_request_lifting": HOLDERS,
        "action_approve": APPROVERS,
        "action_send_back": HOLDERS | APPROVERS,
    },
    "integration.ownership": {
        "action_submit": ADMINISTRATORS,
        "action_approve": APPROVERS,
        "action_send_back": ADMINISTRATORS | APPROVERS,
        "action_end": ADMINISTRATORS | APPROVERS,
        "matrix": READERS,
    },
    "integration.batch": {"action_accept": OPERATORS},
    "integration.conflict": {
        "compare": READERS,  # says so instead of values to those who may not see any
        "decide": STEWARDS,
    },
    "integration.duplicate": {
        "action_keep_apart": STEWARDS,
        "compare": READERS,  # says so instead of values to those who may not see any
    },
    "integration.duplicate.candidate": {
        "action_link": STEWARDS,  # with the rights on the document, see test_possible_duplicate
    },
    "integration.ownership.override": {
        "grant": STEWARDS,  # with the rights on the document, see test_ownership
        "give_back": INSIDERS,  # the user's own
        "lock_of": INSIDERS,
    },
    "integration.event.mute": {
        "action_mute": ADMINISTRATORS,
        "action_unmute": ADMINISTRATORS,
        "action_drop": ADMINISTRATORS,
        "current": READERS,
    },
    "integration.replay.task": {
        "action_start": OPERATORS,
        "action_pause": OPERATORS,
        "action_resume": OPERATORS,
        "action_cancel": OPERATORS,
    },
    # Checks the rights on the document that it is asked about; see test_sync_forms.
    "integration.record.sync": {"status_of": EVERYBODY, "retry_failed": OPERATORS},
}
# The state in which the call would do something, so that it is not refused for another reason.
STATES = {
    "integration.audit.verification": {"action_accept": "broken"},
    "integration.contract.version": {
        "action_submit": "draft",
        "action_approve": "in_review",
        "action_send_back": "in_review",
    },
    "integration.mapping": {
        "action_submit": "draft",
        "action_approve": "in_review",
        "action_send_back": "in_review",
        "action_retire": "approved",
    },
    "integration.routing": {
        "action_submit": "draft",
        "action_approve": "in_review",
        "action_send_back": "in_review",
        "action_retire": "approved",
    },
    "integration.waiver": {
        "action_submit": "draft",
        "action_approve": "in_review",
        "action_send_back": "in_review",
        "action_revoke": "approved",
    },
    "integration.legal.hold": {"action_approve": "in_review", "action_send_back": "in_review"},
    "integration.ownership": {
        "action_submit": "draft",
        "action_approve": "in_review",
        "action_send_back": "in_review",
        "action_end": "approved",
    },
    "integration.event.mute": {
        "action_mute": "draft",
        "action_unmute": "active",
        "action_drop": "catching_up",
    },
    "integration.replay.task": {
        "action_start": "draft",
        "action_pause": "running",
        "action_resume": "paused",
        "action_cancel": "running",
    },
    "integration.value.map.line": {
        "action_confirm": "proposed",
        "action_reject": "proposed",
    },
    "integration.message": {
        "action_retry": "dead",
        "action_replay": "done",
        "action_release": "held",
        "action_resolve": "dead",
    },
    "integration.reencryption": {"action_start": "ready", "action_pause": "running"},
    "integration.interface": {
        "action_submit": "draft",
        "action_approve": "in_review",
        "action_send_back": "in_review",
        "action_activate": "approved",
        "action_emergency_activation": "draft",
    },
    "integration.revision": {
        "action_approve": "in_review",
        "action_send_back": "in_review",
    },
}
ARGUMENTS = {
    "export_data": [["act"]],
    "decide": [{"name": "keep"}, "because", ""],
    "grant": ["res.partner", 1, "because"],
    "give_back": ["res.partner", 1],
    "lock_of": ["res.partner", 1],
    "retry_failed": ["res.partner", []],
    "try_on": [1],
    "try_filter": [1, "data.key"],
    "write_contract": [1],
    "trial_input": [1],
    "run_trial": ["{}"],
    "map_values": [[]],
    "value_choices": [[]],
    "rotate": [{"generate": True}],
}
SCREENS = ("action_open_", "action_ask_", "open_")
# Methods of the ORM, which the rights on models and records decide.
ORM = {"create", "write", "unlink", "copy", "copy_data", "default_get", "init", "load"}
