from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.integration_core.tools import errors, http_proxy, net_guard


class IntegrationInterface(models.Model):
    """The way to a FHIR server, where it leads through a forward proxy."""

    # One form, and a file for each of its concerns.
    _inherit = "integration.interface"  # pylint: disable=consider-merging-classes-inherited

    fhir_proxy = fields.Char(
        string="Proxy to the FHIR server",
        governed=True,
        of_environment=True,
        help="Forward proxy such as “http://proxy.hospital.example:3128”. Empty: none, whatever "
        "the environment of the server says.",
    )
    fhir_proxy_exceptions = fields.Char(
        string="Without that proxy",
        governed=True,
        of_environment=True,
        help="Hosts, patterns and networks that are reached directly, such as "
        "“*.hospital.example, 10.0.0.0/8”.",
    )

    @api.constrains("fhir_proxy", "fhir_proxy_exceptions")
    def _check_fhir_proxy(self):
        for interface in self.filtered("fhir_proxy"):
            try:
                interface._fhir_proxy()
            except errors.IntegrationError as exc:
                raise ValidationError(self.env._("Proxy: %s", exc.message)) from exc

    def _fhir_way(self):
        """Of each request: the proxy, and what may be reached through it."""
        self.ensure_one()
        return {
            "proxy": self._fhir_proxy(),
            "allowed_hosts": self._fhir_hosts() if self.fhir_proxy else (),
        }

    def _fhir_proxy(self):
        """The proxy (:class:`http_proxy.Proxy`), or ``None``."""
        if not self.fhir_proxy:
            return None
        return http_proxy.Proxy.parse(
            self.fhir_proxy.strip(),
            exceptions=self.fhir_proxy_exceptions or "",
            networks=self._allowed_networks(),
        )

    def _fhir_hosts(self) -> tuple[str, ...]:
        """The approved addresses, of the server and of its tokens, and nothing else."""
        # sudo: the address of a token is no secret
        addresses = [self.url, *self._sending_credentials().sudo().mapped("token_url")]
        found = []
        for address in filter(None, addresses):
            host = net_guard.check_url(address.strip(), allow_plaintext=True).host
            try:
                found += http_proxy.parse_hosts(host)
            except ValueError:
                continue  # an address, which the guard judges by itself
        return tuple(dict.fromkeys(found))

    def _missing_of_fhir_base(self):
        missing = super()._missing_of_fhir_base()
        if self.fhir_proxy_exceptions and not self.fhir_proxy:
            missing.append(self.env._("There are exceptions from a proxy, but no proxy."))
        return missing
