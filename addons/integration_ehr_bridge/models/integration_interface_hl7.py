from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.integration_core.models.integration_interface_door import KIB
from odoo.addons.integration_core.tools.codecs import Codec

from ..tools.hl7.bodies import HL7
from ..tools.hl7.limits import DEFAULT, Limits
from ..tools.mllp.reception import ORDERS, Environment, Rules

#: What MSH-11 may say to a system, by its environment.
PROCESSING = {
    "production": {Environment.PRODUCTION},
    "test": {Environment.TRAINING},
    "development": {Environment.DEBUGGING, Environment.TRAINING},
}
#: Hours for which ids of messages may be remembered, and seconds that an answer may take.
MAX_DEDUPE_HOURS = 24 * 3660
MAX_DEADLINE = 300
#: Bytes of the segments of a large message, on average at least.
SHORTEST_SEGMENT = 40


def _namespace(designator: str | bool) -> str:
    """How a designator (HD) is compared: its namespace, or the universal id where it has none."""
    namespace, _mark, rest = (designator or "").partition("^")
    return namespace.strip() or rest.partition("^")[0].strip()


class IntegrationInterface(models.Model):
    """Inbound HL7 v2: which messages are taken, and how they are acknowledged."""

    # One form, and a file for each of its concerns.
    _inherit = "integration.interface"  # pylint: disable=consider-merging-classes-inherited

    body_codec = fields.Selection(
        selection_add=[("hl7", "HL7 v2")], ondelete={"hl7": "set default"}
    )
    hl7_default_charset = fields.Selection(
        [
            ("ASCII", "ASCII, as the standard says"),
            ("UTF-8", "UTF-8"),
            ("8859/1", "ISO 8859-1 (Latin 1)"),
            ("8859/2", "ISO 8859-2 (Latin 2)"),
            ("8859/5", "ISO 8859-5 (Cyrillic)"),
            ("8859/7", "ISO 8859-7 (Greek)"),
            ("8859/9", "ISO 8859-9 (Latin 5)"),
            ("8859/15", "ISO 8859-15 (Latin 9)"),
        ],
        string="Character set without MSH-18",
        default="ASCII",
        required=True,
        governed=True,
        help="What messages are in that do not declare their character set.",
    )
    hl7_respond = fields.Selection(
        [
            (
                "usual",
                "When it is stored; when it is handled: orders of supplies (OMS, OMN), and item "
                "lists that ask for an answer of each row",
            ),
            ("stored", "When it is stored"),
            ("handled", "When it is handled"),
        ],
        string="Acknowledge a message",
        default="usual",
        required=True,
        governed=True,
        help="Stored: the partner goes on at once; what fails later is a matter of ours, and waits "
        "in quarantine. Handled: the answer says what became of the message, and the partner waits "
        "for it; who orders supplies usually wants to know. Over HTTP everything is acknowledged "
        "when it is stored.",
    )
    hl7_respond_deadline = fields.Integer(
        string="Wait at most",
        default=20,
        governed=True,
        help="Seconds in which a message should be handled. Keep it below the time for which the "
        "partner waits for an answer.",
    )
    hl7_late = fields.Selection(
        [("accept", "Accepted: it is stored"), ("error", "An error: it is to be sent again")],
        string="What takes longer is",
        default="accept",
        required=True,
        governed=True,
        help="How a message is answered that was not handled in time. It stays stored and is "
        "handled in either case. When it is sent again, the partner hears what became of it after "
        "an error, and of orders and lists whose answers say more than that in any case; what was "
        "accepted otherwise stays accepted.",
    )
    hl7_dedupe_hours = fields.Integer(
        string="Remember ids for",
        default=168,
        governed=True,
        help="Hours in which a repeated control id means a repeated message. Senders that are set "
        "up anew count from the beginning again. 0: for ever.",
    )
    hl7_conflict = fields.Selection(
        [
            ("accept", "Accepted, to be decided"),
            ("reject", "Rejected (205), to be decided"),
        ],
        string="A repeated id with another content is",
        default="accept",
        required=True,
        governed=True,
        help="Either way the message is stored and quarantined. Rejected: the partner is told, and "
        "may stop until somebody there decides.",
    )

    @api.constrains("hl7_respond_deadline")
    def _check_hl7_respond_deadline(self):
        for interface in self:
            if not 1 <= interface.hl7_respond_deadline <= MAX_DEADLINE:
                raise ValidationError(
                    self.env._("An answer may take 1 to %s seconds.", MAX_DEADLINE)
                )

    @api.constrains("hl7_dedupe_hours")
    def _check_hl7_dedupe_hours(self):
        for interface in self:
            if not 0 <= interface.hl7_dedupe_hours <= MAX_DEDUPE_HOURS:
                raise ValidationError(
                    self.env._("Ids are remembered for 0 to %s hours.", MAX_DEDUPE_HOURS)
                )

    # ------------------------------------------------------------------
    # what doors ask
    # ------------------------------------------------------------------

    def _codec(self):
        return Codec((HL7,)) if self.body_codec == "hl7" else super()._codec()

    def _inbound_spec(self):
        spec = super()._inbound_spec()
        if self.body_codec != "hl7":
            return spec
        return spec | {
            "system_id": self.system_id.id,
            "dedupe_seconds": self.hl7_dedupe_hours * 3600,
            "hl7_charset": self.hl7_default_charset,
        }

    def _hl7_limits(self) -> Limits:
        """Who lets larger messages in means longer ones: a master file has many short segments."""
        size = self.body_limit * KIB
        return Limits(size=size, segments=max(DEFAULT.segments, size // SHORTEST_SEGMENT))

    def _hl7_rules(self) -> Rules:
        """What decides about each message that arrives."""
        self.ensure_one()
        return Rules(
            processing=frozenset(PROCESSING[self.system_id.environment]),
            application=_namespace(self.hl7_application),
            facility=_namespace(self.hl7_facility),
            charset=self.hl7_default_charset,
            handled=self.hl7_respond == "handled",
            # Over HTTP an answer that waits would keep the worker that is to handle the message.
            handled_types=ORDERS
            if self.hl7_respond == "usual" and self.transport == "mllp"
            else frozenset(),
            rows=self.hl7_respond == "usual" and self.transport == "mllp",
            rejects_conflicts=self.hl7_conflict == "reject",
            limits=self._hl7_limits(),
        )
