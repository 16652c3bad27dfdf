from datetime import UTC, datetime, time
from email.utils import format_datetime

from odoo import SUPERUSER_ID, api, models, tools


class IntegrationDoor(models.AbstractModel):
    """What the HTTP door must know of inbound interfaces, without a query per request."""

    _name = "integration.door"
    _description = "Inbound Interface as the HTTP Door Sees It"

    @api.model
    @tools.ormcache()
    def _inbound_specs(self):
        """``{sha256 of the last part of an address: specification}`` of all inbound interfaces.

        One map under one key: a key per token would let a stranger who tries tokens evict the
        shared cache. The map holds no secret; credentials are read when a request is verified.
        """
        # sudo: the caller is the public HTTP door, which has no user; only fields needed to route
        # are returned. Nearly always they are known already, so the door makes no environment.
        interfaces = (
            self.with_user(SUPERUSER_ID)
            .with_context(active_test=False)
            .search(
                [
                    ("direction", "=", "inbound"),
                    ("transport", "!=", "none"),
                    ("revision_of_id", "=", False),
                ]
            )
        )
        specs = {}
        for interface in interfaces:
            spec = interface._inbound_spec()
            specs.update(
                (digest, spec | different)
                for digest, different in interface._inbound_addresses().items()
            )
        return specs

    def _inbound_spec(self) -> dict:
        """What the HTTP door must know of this interface before it opens a transaction on it."""
        self.ensure_one()
        return {
            "id": self.id,
            "transport": self.transport,
            "company_id": self.company_id.id,
            "open": self._is_open(),
            "held": self._is_open() and not self._carries_traffic(),
            "stopped": self.receiving_stopped,
            "retired": self.state == "retired" or not self.active,
            "message_type": self._inbound_message_type(),
            "secrets": self.credential_id._sealed() if self.credential_id else (),
            "key_path": self.ordering_key_path or None,
            "data_class": self.data_class,
            "lanes": self._lane_count(),
            "rate": self.policy_id.rate_per_second,
            "burst": self.policy_id.rate_burst,
            "deprecation": self._deprecation_header(),
            "sunset": self._sunset_header(),
        }

    def _inbound_message_type(self) -> str | None:
        """What arrives here unless it names its type, by the contract of the handler."""
        handler = self.handler or None
        return self.env[handler]._contract if handler in self.env else handler

    def _deprecation_header(self) -> str | None:
        """Structured-field date since when the interface is deprecated (RFC 9745, 2.1)."""
        if self.state != "deprecated":
            return None
        return f"@{int((self.deprecated_at or self.write_date).replace(tzinfo=UTC).timestamp())}"

    def _sunset_header(self) -> str | None:
        """HTTP date of the sunset (RFC 8594, 3)."""
        if self.state != "deprecated" or not self.sunset_date:
            return None
        midnight = datetime.combine(self.sunset_date, time(), UTC)
        return format_datetime(midnight, usegmt=True)
