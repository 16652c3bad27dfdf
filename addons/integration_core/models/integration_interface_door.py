from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import fetches
from ..mixins.revised import OPEN_STATES
from ..tools import codecs, errors, net_guard
from ..tools.codecs import DEFAULT_BODY, MAX_BODY

KIB = 1024


class IntegrationInterface(models.Model):
    """What an inbound interface admits: from where, how much, in which format, how fast."""

    # One form, and a file for each of its concerns.
    _inherit = "integration.interface"  # pylint: disable=consider-merging-classes-inherited

    source_networks = fields.Char(
        string="Accepted from",
        governed=True,
        tracking=True,
        help="Networks from which the partner delivers, such as “198.51.100.0/24, 2001:db8:7::5”. "
        "Empty: from anywhere. Everybody else gets the answer of an address that does not exist. "
        "Behind a reverse proxy this needs trusted_proxies in odoo.conf.",
    )
    body_limit = fields.Integer(
        string="Largest body (KiB)",
        default=DEFAULT_BODY // KIB,
        required=True,
        governed=True,
        help="A larger request is refused before it is read.",
    )
    body_codec = fields.Selection(
        [
            ("json", "JSON"),
        ],
        string="Format of bodies",
        default="json",
        required=True,
        governed=True,
        help="Bodies are stored as they come. When a message is handled, its body is turned to "
        "JSON by this format, before contract and mapping. Requests with another content type are "
        "refused.",
    )
    backlog_limit = fields.Integer(
        string="Ask to come back when the queue is older than",
        default=0,
        governed=True,
        help="When the first message in the queue has been waiting for so many seconds, partners "
        "are asked to come back later and keep their messages. 0: never.",
    )

    @api.constrains("source_networks")
    def _check_source_networks(self):
        for interface in self:
            try:
                net_guard.parse_networks(interface.source_networks or "")
            except ValueError as exc:
                raise ValidationError(
                    self.env._("Accepted from: %(reason)s", reason=str(exc))
                ) from exc

    @api.constrains("body_limit")
    def _check_body_limit(self):
        for interface in self:
            if not 1 <= interface.body_limit <= MAX_BODY // KIB:
                raise ValidationError(
                    self.env._("The largest body is 1 to %s KiB.", MAX_BODY // KIB)
                )

    @api.constrains("backlog_limit")
    def _check_backlog_limit(self):
        for interface in self:
            if interface.backlog_limit < 0:
                raise ValidationError(self.env._("The age of the queue cannot be negative."))

    def _fetches(self) -> bool:
        """Whether it asks a partner for content instead of telling it of events."""
        self.ensure_one()
        return False

    def _content_fetch(self) -> fetches.Fetch | errors.IntegrationError | None:
        """How the content of its notifications is asked for, or why it cannot be; ``None`` for an
        interface whose messages bring their content along. For transports to say."""
        self.ensure_one()
        return None

    def _acknowledgement_error(self, code: str, _detail: str) -> errors.IntegrationError | None:
        """What the acknowledgement of a message that waited for it means; ``None``: all is well.

        For transports to say, which know the codes of their protocols.
        """
        self.ensure_one()
        return errors.PermanentError(
            f"The partner acknowledged with {code}, which this transport does not know.",
            code="acknowledgement_unknown",
        )

    def _silence_error(self) -> errors.IntegrationError | None:
        """What it means that an acknowledgement did not come in time; ``None``: all is well."""
        self.ensure_one()
        return errors.UnknownOutcomeError(
            "The partner took the message, and did not acknowledge it in time.",
            code="acknowledgement_timeout",
        )

    def _codec(self) -> codecs.Codec:
        """How bodies are read; transports that know more formats say so here."""
        self.ensure_one()
        return codecs.Codec()

    def _inbound_spec(self) -> dict:
        return super()._inbound_spec() | {
            "networks": net_guard.parse_networks(self.source_networks or ""),
            "body_limit": self.body_limit * KIB,
            "codec": self._codec(),
            "backlog_limit": self.backlog_limit,
            "greets": self._may_greet(),
            "base_url": self.get_base_url(),
        }

    def _may_greet(self) -> bool:
        """Whether it may agree with a partner on what is to come: when somebody has approved it,
        and not in a copy of a database, which must not speak in the name of the original."""
        if not self.active or self.state not in ("approved", *OPEN_STATES):
            return False
        return self._carries_traffic() or not self._is_open()
