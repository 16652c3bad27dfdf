from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.sending import expectations
from ..tools.sending.expectations import Expectations
from ..tools.sending.header import HeaderRules

TRANSPORTS = ("mllp", "hl7_http")
# How we may prove ourselves, by transport; without any, the network has to do.
CREDENTIAL_KINDS = {
    "mllp": ("mtls",),
    "hl7_http": ("basic", "bearer", "header", "mtls"),
}
#: MSH-11 of a system by its environment (table 0103).
PROCESSING_IDS = {"production": "P", "test": "T", "development": "D"}
REFUSED = [
    ("quarantine", "Put aside: a person decides"),
    ("retry", "Send again, as the policy says"),
]
MAX_DEADLINE = 7 * 24 * 3600


class IntegrationInterface(models.Model):
    """HL7 v2 that leaves: the header of its messages, and what is made of acknowledgements."""

    _inherit = "integration.interface"

    transport = fields.Selection(
        selection_add=[("mllp", "HL7 v2 over MLLP"), ("hl7_http", "HL7 v2 over HTTP")],
        ondelete={"mllp": "set none", "hl7_http": "set none"},
    )
    hl7_application = fields.Char(
        string="Our application",
        governed=True,
        help="The name under which the partner knows us, such as “ODOO”, or with a universal id "
        "“ODOO^1.2.840.99999^ISO”. MSH-3 of what we send. In what we receive, a message whose "
        "MSH-5 names somebody else is rejected; if this is empty, none is.",
    )
    hl7_facility = fields.Char(
        string="Our facility",
        governed=True,
        help="MSH-4 of what we send, MSH-6 of what we receive. Written as above.",
    )
    hl7_partner_application = fields.Char(
        string="Partner's application", governed=True, help="MSH-5 of what we send."
    )
    hl7_partner_facility = fields.Char(
        string="Partner's facility", governed=True, help="MSH-6 of what we send."
    )
    hl7_version = fields.Selection(
        [(one, one) for one in ("2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8")],
        string="HL7 version",
        default="2.5.1",
        governed=True,
        help="MSH-12. The mapping writes the segments; this only says which version they follow.",
    )
    hl7_charset = fields.Selection(
        [
            ("UNICODE UTF-8", "UNICODE UTF-8"),
            ("8859/1", "8859/1 (western Europe)"),
            ("8859/2", "8859/2 (central Europe)"),
            ("8859/9", "8859/9 (Turkish)"),
            ("8859/15", "8859/15 (western Europe, with the euro)"),
            ("ASCII", "None: ASCII"),
        ],
        string="Character set",
        default="UNICODE UTF-8",
        governed=True,
        help="MSH-18. A message with a character that the set lacks is not sent, but put aside.",
    )
    hl7_ack_mode = fields.Selection(
        [
            ("original", "Once: AA, AE or AR (original mode)"),
            ("stored", "When it is stored: CA (MSH-15 AL, MSH-16 NE)"),
            ("stored_handled", "Stored, and later handled: CA, then AA (AL, AL)"),
            ("stored_errors", "Stored, and later only what failed: CA, then AE or AR (AL, ER)"),
            ("stored_success", "Stored, and later only what worked: CA, then AA (AL, SU)"),
            ("handled", "Later, when it is handled: AA (NE, AL)"),
            ("nothing", "Never (NE, NE)"),
        ],
        string="Partner answers",
        default="original",
        governed=True,
        help="What we ask for in MSH-15 and MSH-16. What comes later may come on this connection "
        "or at an inbound interface of the same system; the message waits for it.",
    )
    hl7_ack_deadline = fields.Integer(
        string="Handled within (seconds)",
        default=300,
        governed=True,
        help="How long a message waits for the partner to tell what it made of it.",
    )
    hl7_on_error = fields.Selection(
        REFUSED,
        string="After an error (AE, CE)",
        default="quarantine",
        governed=True,
        help="The partner found fault with the message. Sending again helps only if its own state "
        "is the cause, such as a locked record.",
    )
    hl7_on_reject = fields.Selection(
        REFUSED,
        string="After a rejection (AR, CR)",
        default="quarantine",
        governed=True,
        help="The partner refused the message because of its header, or could not take it just "
        "now.",
    )
    hl7_on_silence = fields.Selection(
        [
            ("resend", "Send again, as the policy says"),
            ("query", "Repeat it once at once, then hold"),
            ("hold", "Hold: a person asks the partner"),
        ],
        string="Without an answer",
        default="resend",
        governed=True,
        help="Nobody knows then whether the partner has the message. Each repetition has the same "
        "control id and the same bytes, by which a partner that knows control ids recognises it. "
        "HL7 v2 has no question for the fate of a message: its one repetition is that question. "
        "Choose to hold for a partner that takes each repetition for another message.",
    )

    @api.constrains("hl7_ack_deadline")
    def _check_hl7_ack_deadline(self):
        if any(not 1 <= one.hl7_ack_deadline <= MAX_DEADLINE for one in self):
            raise ValidationError(
                self.env._("A message is handled within 1 to %s seconds.", MAX_DEADLINE)
            )

    # ------------------------------------------------------------------
    # what the senders ask
    # ------------------------------------------------------------------

    def _sends_hl7(self) -> bool:
        self.ensure_one()
        return self.transport in TRANSPORTS and self.direction == "outbound"

    def _hl7_header_rules(self) -> HeaderRules:
        """What the header of a message says (:class:`tools.sending.header.HeaderRules`)."""
        self.ensure_one()
        accept, handled = expectations.MODES[self.hl7_ack_mode or "original"]
        return HeaderRules(
            application=self.hl7_application or "",
            facility=self.hl7_facility or "",
            partner_application=self.hl7_partner_application or "",
            partner_facility=self.hl7_partner_facility or "",
            processing_id=PROCESSING_IDS[self.system_id.environment],
            version=self.hl7_version or "2.5.1",
            accept=accept,
            handled=handled,
            charset="" if self.hl7_charset == "ASCII" else self.hl7_charset or "",
            zone=ZoneInfo(self.system_id.tz or "UTC"),
        )

    def _hl7_expectations(self) -> Expectations:
        self.ensure_one()
        return Expectations(
            mode=self.hl7_ack_mode or "original",
            deadline=self.hl7_ack_deadline,
            on_error=self.hl7_on_error or "quarantine",
            on_reject=self.hl7_on_reject or "quarantine",
            on_silence=self.hl7_on_silence or "resend",
        )

    def _acknowledgement_error(self, code, detail):
        if not self._sends_hl7():
            return super()._acknowledgement_error(code, detail)
        return self._hl7_expectations().error_of(code, detail)

    def _silence_error(self):
        if not self._sends_hl7():
            return super()._silence_error()
        return self._hl7_expectations().silence()

    # ------------------------------------------------------------------
    # before traffic
    # ------------------------------------------------------------------

    def _missing_for_traffic(self):
        missing = super()._missing_for_traffic()
        if self._sends_hl7():
            # sudo: an approver asks as well, who may not read credentials
            interface = self.sudo()
            missing += interface._missing_of_hl7_content()
            missing += interface._missing_of_hl7_credential()
            missing += interface._missing_of_hl7_order()
        return missing

    def _missing_of_hl7_content(self) -> list[str]:
        missing = []
        if not self.url:
            missing.append(self.env._("URL is empty."))
        if not self.hl7_application:
            missing.append(self.env._("Our application (MSH-3) is empty."))
        if not self.mapping_id:
            missing.append(
                self.env._("No mapping is chosen: it writes the segments of each message.")
            )
        return missing

    def _missing_of_hl7_credential(self) -> list[str]:
        credential, kinds = self.credential_id, CREDENTIAL_KINDS[self.transport]
        if not credential or credential.kind in kinds:
            return []
        names = dict(credential._fields["kind"]._description_selection(self.env))
        return [
            self.env._(
                "This transport cannot work with a credential of the kind “%(kind)s”. Choose one "
                "of: %(kinds)s.",
                kind=names[credential.kind],
                kinds=", ".join(names[kind] for kind in kinds),
            )
        ]

    def _missing_of_hl7_order(self) -> list[str]:
        policy = self.policy_id
        if (
            self.hl7_on_silence == "resend"
            or policy.ordering == "none"
            or policy.failure_blocks_key
        ):
            return []
        return [
            self.env._(
                "A message without an answer is held, while those behind it would overtake it. "
                "Choose a policy whose failed messages block what follows, or one without an order."
            )
        ]
