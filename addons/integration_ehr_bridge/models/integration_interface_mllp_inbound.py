import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.integration_core.mixins.revised import OPEN_STATES
from odoo.addons.integration_core.tools import net_guard

from ..tools.mllp import door
from ..tools.mllp.door import PORTS, Door, Tls

_logger = logging.getLogger(__name__)

MAX_IDLE = 7 * 86400
MAX_CONNECTIONS = 500


class IntegrationInterface(models.Model):
    """Inbound MLLP: the port, who may connect to it, and whether somebody listens there."""

    # One form, and a file for each of its concerns.
    _inherit = "integration.interface"  # pylint: disable=consider-merging-classes-inherited

    mllp_port = fields.Integer(
        string="Port",
        governed=True,
        tracking=True,
        of_environment=True,
        aggregator=None,
        help="TCP port on which the listener waits for this partner. Each interface has its own.",
    )
    mllp_tls = fields.Selection(
        [
            ("none", "None: from this machine only"),
            ("server", "TLS"),
            ("client", "TLS, and the partner shows a certificate"),
        ],
        string="Encryption",
        default="server",
        required=True,
        governed=True,
        tracking=True,
        help="Without TLS the port is reached from the listener's own machine only, such as by a "
        "proxy that opens TLS. An approved waiver lets other machines in as well, but never to "
        "clinical content. The listener's own certificate is set in its odoo.conf.",
    )
    mllp_client_ca = fields.Text(
        string="Trusted certificates",
        governed=True,
        of_environment=True,
        help="Authorities that issued the partner's certificate, or that certificate itself, in "
        "PEM (-----BEGIN CERTIFICATE-----). They are not secret.",
    )
    mllp_client_fingerprints = fields.Text(
        string="Only these certificates",
        governed=True,
        of_environment=True,
        help="SHA-256 fingerprints of the certificates that may connect, one a line. Empty: all "
        "that an authority above has issued.",
    )
    mllp_idle_timeout = fields.Integer(
        string="Close idle connections after",
        default=3600,
        governed=True,
        help="Seconds without a byte. A message that was begun and does not go on ends a "
        "connection after a minute.",
    )
    mllp_max_connections = fields.Integer(
        string="Connections at once",
        default=20,
        governed=True,
        aggregator=None,
        help="More than that are closed at once. Counted for each listener.",
    )
    mllp_status = fields.Char(
        string="Listener",
        compute="_compute_mllp_status",
        help="Whether a listener serves the port at present.",
    )

    _mllp_port_unique = models.UniqueIndex(
        "(mllp_port) WHERE transport = 'mllp' AND direction = 'inbound' AND active "
        "AND revision_of_id IS NULL AND state IN ('active', 'deprecated')",
        "Another interface receives on this port.",
    )

    @api.depends("transport", "direction", "state", "mllp_port", "receiving_stopped")
    @api.depends_context("uid")
    def _compute_mllp_status(self):
        mine = self.filtered(lambda one: one._listens_mllp())
        # sudo: only where and whether somebody listens, for whoever reads the interface
        ports = self.env["integration.mllp.listener.port"].sudo()
        known = ports._search_running([("interface_id", "in", mine.ids)])
        for interface in self:
            if interface not in mine:
                interface.mllp_status = False
                continue
            served = known.filtered(lambda port, one=interface: port.interface_id == one)
            interface.mllp_status = interface._mllp_status_text(served)

    def _mllp_status_text(self, served):
        opened = served.filtered(lambda port: not port.error)
        if opened:
            return " ".join(
                [self._mllp_open_text(opened), *self._mllp_closed_texts(served, opened)]
            )
        if served:
            return served[0].error
        if self.receiving_stopped:
            return self.env._("Closed: receiving is stopped. The partner keeps its messages.")
        if not self._is_open():
            return self.env._("Closed until the interface is active.")
        if not self._carries_traffic():
            return self.env._("Closed: the traffic of this database is held.")
        return self.env._("No listener runs. Have its administrator start “odoo mllp”.")

    def _mllp_open_text(self, opened):
        hosts = ", ".join(sorted(set(opened.listener_id.mapped("host"))))
        count = sum(opened.mapped("connections"))
        if count == 1:
            return self.env._("Open on %s, 1 connection.", hosts)
        return self.env._("Open on %(hosts)s, %(count)s connections.", hosts=hosts, count=count)

    def _mllp_closed_texts(self, served, opened):
        """What keeps other machines from serving the port: partners that are sent there find it
        closed. A second listener on a machine merely stands by."""
        closed = served.filtered(lambda port: port.error)
        return [
            self.env._(
                "Closed on %(host)s: %(error)s", host=port.listener_id.host, error=port.error
            )
            for port in closed
            if port.listener_id.host not in opened.listener_id.mapped("host")
        ]

    # ------------------------------------------------------------------
    # consistency
    # ------------------------------------------------------------------

    @api.constrains("mllp_idle_timeout", "mllp_max_connections")
    def _check_mllp_limits(self):
        for interface in self:
            if not 5 <= interface.mllp_idle_timeout <= MAX_IDLE:
                raise ValidationError(
                    self.env._("Idle connections are closed after 5 to %s seconds.", MAX_IDLE)
                )
            if not 1 <= interface.mllp_max_connections <= MAX_CONNECTIONS:
                raise ValidationError(
                    self.env._("There are 1 to %s connections at once.", MAX_CONNECTIONS)
                )

    @api.constrains("mllp_port")
    def _check_mllp_port(self):
        for interface in self.filtered("mllp_port"):
            if interface.mllp_port not in PORTS:
                raise ValidationError(
                    self.env._(
                        "A port is a number from %(first)s to %(last)s.",
                        first=PORTS[0],
                        last=PORTS[-1],
                    )
                )

    @api.onchange("transport", "direction")
    def _onchange_mllp(self):
        if self._listens_mllp() and self.state == "draft":
            self.body_codec = "hl7"
            self.data_class = "clinical"

    def _listens_mllp(self) -> bool:
        return self.transport == "mllp" and self.direction == "inbound"

    def _missing_for_traffic(self):
        missing = super()._missing_for_traffic()
        if not self._listens_mllp():
            return missing
        missing += self._missing_mllp_port() + self._missing_mllp_tls()
        return missing + self._missing_mllp_proof()

    def _missing_mllp_port(self) -> list[str]:
        missing = []
        if self.body_codec != "hl7":
            missing.append(
                self.env._("The format of bodies must be HL7 v2: nothing else comes by MLLP.")
            )
        if not self.mllp_port:
            missing.append(self.env._("Port is empty."))
            return missing
        # sudo: a port is taken whoever may read the interface that has it
        others = self.sudo().search(
            [
                ("transport", "=", "mllp"),
                ("direction", "=", "inbound"),
                ("mllp_port", "=", self.mllp_port),
                ("state", "in", OPEN_STATES),
                ("revision_of_id", "=", False),
                ("id", "not in", (self | self.revision_of_id).ids),
            ],
            limit=1,
        )
        if others:
            missing.append(
                self.env._(
                    "Port %(port)s belongs to “%(interface)s”. Choose another one.",
                    port=self.mllp_port,
                    interface=others.display_name,
                )
                if others.sudo(False).has_access("read")
                else self.env._(
                    "Port %s belongs to an interface of another company. Choose another one.",
                    self.mllp_port,
                )
            )
        return missing

    def _missing_mllp_tls(self) -> list[str]:
        if self.mllp_tls != "client":
            return []
        missing = []
        try:
            door.check_authorities(self.mllp_client_ca or "")
        except ValueError as exc:
            missing.append(self.env._("Trusted certificates: %s.", exc))
        try:
            door.fingerprints(self.mllp_client_fingerprints or "")
        except ValueError as exc:
            missing.append(self.env._("Only these certificates: %s.", exc))
        return missing

    def _missing_mllp_proof(self) -> list[str]:
        """MLLP knows no password: without one of these, whoever reaches the port may admit, merge
        and discharge."""
        only_here = self.mllp_tls == "none" and not self._mllp_plaintext_allowed()
        if only_here or self.mllp_tls == "client" or self.source_networks:
            return []
        return [
            self.env._(
                "Everybody who reaches the port could send. Choose the encryption with which the "
                "partner shows a certificate, or name its networks under “Accepted from”."
            )
        ]

    # ------------------------------------------------------------------
    # what the listener asks
    # ------------------------------------------------------------------

    @api.model
    def _mllp_doors(self) -> dict[int, Door]:
        """The ports that are to be open now, by id of their interface.

        A port is closed while nothing may be received: a partner that cannot connect keeps its
        messages and tries again, while many take an answer that refuses one for its end.
        """
        # sudo: the listener has no user; it gets what it needs to receive
        interfaces = self.sudo().search(
            [
                ("transport", "=", "mllp"),
                ("direction", "=", "inbound"),
                ("body_codec", "=", "hl7"),
                ("revision_of_id", "=", False),
                ("state", "in", OPEN_STATES),
                ("receiving_stopped", "=", False),
                ("mllp_port", "!=", 0),
            ]
        )
        doors = {}
        for interface in interfaces:
            try:
                if interface._carries_traffic():
                    doors[interface.id] = interface._mllp_door()
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                raise
            except Exception as exc:  # one that is set up wrongly closes no port of others
                _logger.error(
                    "The port of “%s” stays closed: %s", interface.name, type(exc).__name__
                )
        return doors

    def _mllp_door(self) -> Door:
        self.ensure_one()
        policy = self.policy_id
        return Door(
            interface=self.id,
            name=self.name,
            port=self.mllp_port,
            everywhere=self.mllp_tls != "none" or self._mllp_plaintext_allowed(),
            tls=Tls(self.mllp_tls),
            client_ca=(self.mllp_client_ca or "") if self.mllp_tls == "client" else "",
            fingerprints=door.fingerprints(self.mllp_client_fingerprints or "")
            if self.mllp_tls == "client"
            else frozenset(),
            networks=tuple(net_guard.parse_networks(self.source_networks or "")),
            idle_timeout=float(self.mllp_idle_timeout),
            max_connections=self.mllp_max_connections,
            rate=policy.rate_per_second,
            burst=max(1.0, policy.rate_burst),
            deadline=float(self.hl7_respond_deadline),
            late=self.hl7_late == "error",
            rules=self._hl7_rules(),
            spec=self._inbound_spec(),
        )

    def _mllp_plaintext_allowed(self) -> bool:
        """Whether other machines may connect without TLS."""
        if self.data_class == "clinical":
            return False
        return self.env["integration.waiver"]._covers("plaintext", self.revision_of_id or self)

    def action_open_mllp_listeners(self):
        """Who listens for this interface."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_ehr_bridge.action_mllp_listener"
        )
        action["domain"] = [("port_ids.interface_id", "=", self.id)]
        return action

    def action_open_mllp_refusals(self):
        """What was refused at the port of this interface."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_ehr_bridge.action_mllp_refusal"
        )
        action["domain"] = [("interface_id", "=", self.id)]
        action["context"] = {}
        return action
