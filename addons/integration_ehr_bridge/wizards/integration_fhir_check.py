from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.integration_core.engine import audit
from odoo.addons.integration_core.engine.access import Constant
from odoo.addons.integration_core.tools import errors

from ..engine import fhir_check
from ..tools.fhir import address, capability_check
from ..tools.fhir.conditional import Interaction

GOOD, REMARK, BAD = "good", "remark", "bad"


class IntegrationFhirCheck(models.TransientModel):
    """What a FHIR server says of itself, and whether it can do what an interface needs."""

    _name = "integration.fhir.check"
    _description = "Test of a FHIR Connection"

    interface_id = fields.Many2one("integration.interface", readonly=True, ondelete="cascade")
    verdict = fields.Selection(
        [
            (GOOD, "It works"),
            (REMARK, "It works, with remarks"),
            (BAD, "Something is to be mended"),
        ],
        readonly=True,
    )
    server = fields.Char(readonly=True)
    release = fields.Char(string="FHIR version", readonly=True)
    software = fields.Char(readonly=True)
    token_url = fields.Char(
        string="Token address", readonly=True, help="As the server's SMART configuration names it."
    )
    line_ids = fields.One2many("integration.fhir.check.line", "check_id", readonly=True)

    @api.model
    def _check(self, interface):
        """Ask the server of an interface. Changes nothing, here or there.

        It is asked within the request of the person who waits, for a few seconds at most, and
        before anything is written, so no lock is held meanwhile.

        :raises UserError: the interface has no address that could be asked
        """
        interface.ensure_one()
        try:
            server = self._server(interface)
        except errors.IntegrationError as exc:
            raise UserError(exc.message) from exc
        found = fhir_check.check(server, self._needs(interface), Constant())
        # sudo: the result of what the user was allowed to do; it shows nothing secret
        words = Words(self.env, interface.sudo(), found)
        lines = words.lines()
        worst = {line["level"] for line in lines}
        audit.record(interface, "try_connection")
        return self.create(
            {
                "interface_id": interface.id,
                "verdict": next((one for one in (BAD, REMARK) if one in worst), GOOD),
                "server": server.base,
                "release": found.capabilities.release if found.capabilities else False,
                "software": found.capabilities.software if found.capabilities else False,
                "token_url": found.smart.token_url if found.smart else False,
                "line_ids": [(0, 0, line) for line in lines],
            }
        )

    def _server(self, interface):
        transport = interface.env["integration.transport.fhir"]
        return transport._server(interface)

    def _needs(self, interface):
        sends = interface.fhir_purpose == "send"
        # sudo: which searches are polled through it, whoever tests the connection
        polled = interface.sudo().fhir_polled_ids
        searched = {
            address.parse_search(search)[0] for one in polled for search in one._fhir_searches()
        }
        return capability_check.needs(
            Interaction(interface.fhir_interaction) if sends else None,
            interface._fhir_type_names(),
            sorted(searched),
            match_version=interface.fhir_match_version,
        )


class IntegrationFhirCheckLine(models.TransientModel):
    """One thing that was looked at."""

    _name = "integration.fhir.check.line"
    _description = "Finding of a FHIR Connection"
    _order = "sequence, id"

    check_id = fields.Many2one("integration.fhir.check", ondelete="cascade")
    sequence = fields.Integer(default=10)
    level = fields.Selection(
        [(GOOD, "Good"), (REMARK, "Remark"), (BAD, "To be mended")], required=True
    )
    name = fields.Char(string="What", required=True)
    text = fields.Char(string="Found, and what to do")


class Words:
    """Findings in the words of the person who asked."""

    def __init__(self, env, interface, found):
        self.env = env
        self.interface = interface
        self.found = found

    def lines(self):
        return [
            {"sequence": number, "level": level, "name": name, "text": text}
            for number, (level, name, text) in enumerate(
                [*self._access(), *self._metadata(), *self._smart(), *self._needs()]
            )
        ]

    def _access(self):
        credential, error = self.interface.credential_id, self.found.access_error
        name = self.env._("Sign-in")
        if error is not None:
            yield (
                BAD,
                name,
                self.env._(
                    "%s. Check client id, token address, scope and key of the credential.",
                    error.message.rstrip("."),
                ),
            )
        elif credential.kind in ("private_key_jwt", "oauth2"):
            yield GOOD, name, self.env._("The token address gave us a token.")
        elif not self.interface._sending_credentials():
            yield (
                REMARK,
                name,
                self.env._(
                    "No credential is chosen, so whoever reaches the server may do what we may."
                ),
            )

    def _metadata(self):
        name, error = self.env._("FHIR server"), self.found.metadata_error
        told = self.found.capabilities
        if told is None:
            yield BAD, name, error.message
            return
        if told.is_r4:
            yield GOOD, name, self.env._("It answers, and speaks FHIR %s.", told.release)
        else:
            yield (
                BAD,
                name,
                self.env._(
                    "It speaks FHIR %s, and this interface speaks R4 (4.0.1). Enter the base "
                    "address of its R4 endpoint.",
                    told.release or "?",
                ),
            )
        if not told.json:
            yield BAD, name, self.env._("It does not offer JSON, and this interface speaks no XML.")

    def _smart(self):
        name, found = self.env._("SMART discovery"), self.found
        kind = self.interface.credential_id.kind
        if found.smart is None:
            if kind != "private_key_jwt":
                return
            text = (
                self.env._(
                    "The server publishes no SMART configuration. Ask for its token address."
                )
                if found.smart_absent
                else self.env._("The SMART configuration cannot be read: %s.", found.smart_error)
            )
            yield REMARK, name, text
            return
        yield from self._smart_found(name, kind)

    def _smart_found(self, name, kind):
        told, credential = self.found.smart, self.interface.credential_id
        if kind not in ("private_key_jwt", "oauth2"):
            yield GOOD, name, self.env._("Its token address is %s.", told.token_url)
            return
        if (credential.token_url or "").strip() != told.token_url:
            yield (
                BAD,
                name,
                self.env._(
                    "The server names the token address %(theirs)s, and the credential has another "
                    "one. Enter that one there.",
                    theirs=told.token_url,
                ),
            )
        else:
            yield GOOD, name, self.env._("The token address is that of the credential.")
        if kind == "private_key_jwt" and not told.takes_assertions():
            yield (
                BAD,
                name,
                self.env._(
                    "The server takes no signed assertions (private_key_jwt). Use a client secret."
                ),
            )
        elif kind == "private_key_jwt" and not told.takes_algorithm(credential.algorithm):
            yield (
                BAD,
                name,
                self.env._(
                    "The server does not take %(algorithm)s, but %(theirs)s. Choose one of "
                    "these in the credential.",
                    algorithm=credential.algorithm,
                    theirs=", ".join(sorted(told.algorithms)),
                ),
            )

    def _needs(self):
        for need, offered in self.found.needs:
            name = need.type or self.env._("Server")
            what = self._what(need.what)
            if offered:
                yield GOOD, name, what
            elif need.what in (capability_check.VERSIONED, capability_check.LAST_UPDATED):
                yield (
                    REMARK,
                    name,
                    self.env._(
                        "%s: the server does not say that it can. Try it with its operators.", what
                    ),
                )
            else:
                yield (
                    BAD,
                    name,
                    self.env._(
                        "%s: the server does not offer it. Have it turned on there, or choose "
                        "another way of sending.",
                        what,
                    ),
                )

    def _what(self, what):
        return {
            capability_check.CREATE: self.env._("Create"),
            capability_check.UPDATE: self.env._("Update"),
            capability_check.SEARCH: self.env._("Search"),
            capability_check.CONDITIONAL_CREATE: self.env._("Create, unless it is there"),
            capability_check.CONDITIONAL_UPDATE: self.env._("Update what has its identifier"),
            capability_check.VERSIONED: self.env._("Update over a known version (If-Match)"),
            capability_check.TRANSACTION: self.env._("Transaction Bundles"),
            capability_check.LAST_UPDATED: self.env._("Search by time of change (_lastUpdated)"),
        }[what]
