from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.integration_core.engine.fetches import Fetch
from odoo.addons.integration_core.tools import errors

from ..tools import fetch_url
from .integration_interface_outbound import ACCESS_KINDS


class IntegrationInterface(models.Model):
    """Notify, then fetch: an inbound interface whose messages say only that there is something, and
    an outbound one of the same system that asks for it (see the core's ``engine.fetches``)."""

    # One form, and a file for each of its concerns.
    _inherit = "integration.interface"  # pylint: disable=consider-merging-classes-inherited

    webhook_purpose = fields.Selection(
        [("send", "Sends events"), ("fetch", "Fetches content")],
        string="Purpose",
        default="send",
        required=True,
        governed=True,
        tracking=True,
        help="Fetches content: when the partner only notifies us, what it is about is asked for "
        "here, by GET, below the URL. Inbound interfaces of the same system say what to ask for.",
    )
    webhook_missing = fields.Selection(
        [("retry", "Try again, then a dead letter"), ("ignore", "Leave it out")],
        string="Content that is gone",
        default="retry",
        required=True,
        governed=True,
        help="When the partner answers that there is no such content (404, 410). Try again: it may "
        "not be there yet, and a person looks at what never comes; after 410 at once. Leave it "
        "out: it was deleted at the partner, and its notification means nothing any more.",
    )
    webhook_fetch = fields.Selection(
        [
            ("never", "The message itself"),
            ("path", "Fetched, at an address made of the message"),
            ("link", "Fetched, at a link in the message"),
        ],
        string="Content to handle",
        default="never",
        required=True,
        governed=True,
        tracking=True,
        help="Fetched: messages are notifications. What the partner answers when it is asked for "
        "the content is what contract, mapping and handler get.",
    )
    webhook_fetch_id = fields.Many2one(
        "integration.interface",
        string="Fetched through",
        governed=True,
        of_environment=True,
        ondelete="restrict",
        check_company=True,
        tracking=True,
        domain="[('system_id', '=', system_id), ('direction', '=', 'outbound'), "
        "('transport', '=', 'webhook'), ('webhook_purpose', '=', 'fetch'), "
        "('revision_of_id', '=', False)]",
        help="The outbound interface of the same system that asks. Its URL, access, networks, "
        "proxy and policy hold.",
    )
    webhook_fetch_path = fields.Char(
        string="What is fetched",
        governed=True,
        tracking=True,
        help="Goes on behind the URL of that interface, such as “orders/{data.id}?expand=lines”. "
        "In braces: JMESPath over the notification. Each value is one part of the path, or one "
        "value of the query, and never more. For a link: JMESPath to it, such as “data.url”; it "
        "must lie below that URL.",
    )
    notified_interface_ids = fields.One2many("integration.interface", "webhook_fetch_id")

    # ------------------------------------------------------------------
    # consistency
    # ------------------------------------------------------------------

    @api.onchange("webhook_fetch")
    def _onchange_webhook_fetch(self):
        """A template is no path to a link, nor the other way round."""
        self.webhook_fetch_path = False

    @api.constrains("webhook_fetch", "webhook_fetch_path")
    def _check_webhook_fetch_path(self):
        for interface in self.filtered("webhook_fetch_path"):
            try:
                interface._resource_finder("https://partner.example")
            except ValueError as exc:
                raise ValidationError(self.env._("What is fetched: %s", exc)) from exc

    @api.constrains("webhook_fetch_id", "system_id")
    def _check_webhook_fetch_id(self):
        """Whose answer is taken for a partner's content is not left to a proposal alone."""
        for interface in self.filtered("webhook_fetch_id"):
            # sudo: which system it is, whatever the user may read
            fetch = interface.webhook_fetch_id.sudo()
            if fetch.system_id != interface.system_id or fetch.revision_of_id:
                raise ValidationError(
                    # Not its name, which the user may not be allowed to know.
                    self.env._(
                        "The interface that is to fetch belongs to another system. Content is "
                        "fetched from the system that notifies; choose or create one of it."
                    )
                )

    def _fetches(self):
        self.ensure_one()
        webhook = self.transport == "webhook" and self.direction == "outbound"
        return super()._fetches() or (webhook and self.webhook_purpose == "fetch")

    def _is_notified(self) -> bool:
        """Whether its messages are notifications."""
        self.ensure_one()
        webhook = self.transport == "webhook" and self.direction == "inbound"
        return webhook and self.webhook_fetch != "never"

    def _missing_for_traffic(self):
        missing = super()._missing_for_traffic()
        # sudo: an approver asks as well, who may not read all that it refers to
        interface = self.sudo()
        if self._is_notified():
            missing += interface._missing_of_notified()
        if self._fetches():
            missing += interface._missing_of_fetching()
        if self.direction == "outbound":
            missing += interface._missing_for_notified()
        return missing

    def _missing_of_notified(self) -> list[str]:
        fetch = self.webhook_fetch_id
        if not fetch:
            return [self.env._("“Fetched through” is empty: who is to fetch the content?")]
        missing = []
        if not self.webhook_fetch_path:
            missing.append(self.env._("“What is fetched” is empty."))
        if not fetch._fetches():
            missing.append(
                self.env._("“%s” does not fetch content. Choose another one.", fetch.display_name)
            )
        if not fetch._is_open():
            missing.append(
                self.env._(
                    "“%s”, which is to fetch the content, is not active. Have it approved and "
                    "activated first.",
                    fetch.display_name,
                )
            )
        if fetch.data_class != self.data_class:
            missing.append(self._class_differs(fetch))
        return missing

    def _class_differs(self, other) -> str:
        return self.env._(
            "“%s” has another data class. What one of the two fetches is content of the other, so "
            "both need the same.",
            other.display_name,
        )

    def _missing_of_fetching(self) -> list[str]:
        problems = [
            (
                self.event_type_ids or self.event_filter,
                self.env._("It fetches content, so no events are sent. Remove events and filter."),
            ),
            (
                self.mapping_id or self.contract_version_id,
                self.env._(
                    "Mapping and wire contract of fetched content belong to the inbound interface. "
                    "Remove them here."
                ),
            ),
            (
                self.credential_id and self.credential_id.kind not in ACCESS_KINDS,
                self.env._(
                    "Requests that fetch are not signed. Choose a credential that is sent along: a "
                    "login, a token, a key in a header, OAuth 2.0 or a client certificate."
                ),
            ),
        ]
        missing = [sentence for problem, sentence in problems if problem]
        try:
            fetch_url.check_base(self.url or "")
        except errors.IntegrationError as exc:
            if exc.message not in missing and self.url:
                missing.append(exc.message)
        return missing

    def _missing_for_notified(self) -> list[str]:
        """What approved interfaces need of this one, which fetches for them."""
        missing = []
        subject = self.revision_of_id or self
        for notified in subject._origin.notified_interface_ids.filtered(
            lambda one: one._is_open() and one._is_notified()
        ):
            if not self._fetches() or self.system_id != notified.system_id:
                missing.append(
                    self.env._(
                        "“%s” fetches its content through this interface. Change that one first.",
                        notified.display_name,
                    )
                )
            elif self.data_class != notified.data_class:
                missing.append(self._class_differs(notified))
        return missing

    def action_retire(self):
        for interface in self:
            # sudo: the name of what would stop working, whoever retires
            notified = interface.sudo().notified_interface_ids.filtered(
                lambda one: one._is_open() and one._is_notified()
            )
            if notified:
                raise UserError(
                    self.env._(
                        "“%s” fetches its content through this interface. Retire or change that "
                        "one first.",
                        notified[0].display_name,
                    )
                )
        return super().action_retire()

    def action_send_test(self):
        if any(interface._fetches() for interface in self):
            raise UserError(
                self.env._(
                    "This interface fetches and sends nothing. Let the partner send a notification "
                    "to try it."
                )
            )
        return super().action_send_test()

    # ------------------------------------------------------------------
    # what the engine asks
    # ------------------------------------------------------------------

    def _content_fetch(self):
        if not self._is_notified():
            return super()._content_fetch()
        # sudo: the engine asks, and what is fetched through was approved with this interface
        fetch = self.webhook_fetch_id.sudo()
        if not fetch or not fetch._fetches() or fetch.state == "retired" or not fetch.active:
            return errors.ConfigurationError(
                "The interface through which the content is to be fetched does not fetch. Choose "
                "another one by a proposed change, then retry.",
                code="no_fetch",
            )
        try:
            locate = self._resource_finder(fetch.url or "")
        except ValueError as exc:
            return errors.ConfigurationError(f"What is fetched: {exc}", code="no_fetch")
        return Fetch(fetch.id, fetch._lane_count(), locate)

    def _resource_address(self, resource) -> str:
        """The address of a resource. :raises errors.IntegrationError: outside of the approved."""
        return fetch_url.join(self.webhook_fetch_id.url or "", resource)

    def _resource_finder(self, base):
        """What tells of a notification which resource it is about.

        :raises ValueError: with a sentence
        """
        text = self.webhook_fetch_path or ""
        if self.webhook_fetch == "link":
            expression = fetch_url.compile_link(text)
            return lambda notification: fetch_url.below(
                base, fetch_url.link(expression, notification)
            )
        template = fetch_url.Template.compile(text)

        def resource(notification):
            found = template.resource(notification)
            # Found out now, when the notification can still be put aside with a reason.
            fetch_url.join(base, found)
            return found

        return resource
