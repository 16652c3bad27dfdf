import json
from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.integration_core.engine import settings
from odoo.addons.integration_core.tools import errors, net_guard
from odoo.addons.integration_core.tools.keyring import KeyRingError

from ..engine import receiving, signing
from ..tools import handshakes, key_texts, option_texts
from ..tools.options import OptionsInvalid
from ..tools.schemes.base import Needs, SecretInvalid

# What interfaces had before they could choose stays as it was: no look into the body.
DEFAULTS = {"standard_webhooks": {"type_path": ""}}
KEY_NEEDS = {Needs.PUBLIC_KEY, Needs.CERTIFICATE}


class IntegrationInterface(models.Model):
    """How an inbound webhook proves itself, and what one request may hold."""

    # One form, and a file for each of its concerns.
    _inherit = "integration.interface"  # pylint: disable=consider-merging-classes-inherited

    webhook_scheme = fields.Selection(
        selection="_selection_webhook_scheme",
        string="Proof",
        default="standard_webhooks",
        required=True,
        governed=True,
        tracking=True,
        help="How the partner proves that a request is its own. Take the name of the partner's "
        "product if it is there, else what its documentation describes.",
    )
    scheme_options = fields.Text(
        string="Settings of the proof",
        default="{}",
        governed=True,
        help="What the partner may do in more than one way. Empty settings have the usual value.",
    )
    scheme_form = fields.Json(compute="_compute_scheme_form")
    scheme_warning = fields.Text(
        compute="_compute_scheme_warning",
        string="Weaknesses",
        help="What this way of proving cannot prevent. Whoever approves the interface accepts it.",
    )
    takes_secret = fields.Boolean(compute="_compute_scheme_form")
    takes_keys = fields.Boolean(compute="_compute_scheme_form")
    takes_key_set = fields.Boolean(compute="_compute_scheme_form")
    public_keys = fields.Text(
        string="Keys of the partner",
        governed=True,
        help="Public keys or certificates with which the partner's proof is checked: one per line "
        "(whpk_…, fingerprints), PEM blocks, or a JSON Web Key Set. They are not secret. Several "
        "are accepted at once while the partner changes them.",
    )
    jwks_url = fields.Char(
        string="Address of the partner's keys",
        governed=True,
        tracking=True,
        help="Where the partner publishes its key set (JWKS). It is fetched every few hours, and "
        "when the partner signs with a key that is not in it.",
    )
    key_set_state = fields.Char(compute="_compute_key_set_state", string="Last fetched")

    @api.model
    def _selection_webhook_scheme(self):
        return [
            (code, self.env._(option_texts.SCHEMES.get(code, code)))  # pylint: disable=prefer-env-translation
            for code in receiving.plain_schemes()
        ]

    # ------------------------------------------------------------------
    # what the form shows
    # ------------------------------------------------------------------

    def _options_form(self, options) -> list[dict]:
        """What the widget of settings shows of a class of options, in the user's language."""
        # The texts are marked for translation where they stand.
        translate = self.env._
        return option_texts.form(options, translate) if options else []

    def _explained(self, known, error):
        """What is wrong with the options of ``known``, a scheme or the like, as the form names
        them."""
        translate = self.env._
        return option_texts.explained(known.options, error, translate) if known else str(error)

    @api.depends("webhook_scheme", "transport", "direction")
    def _compute_scheme_form(self):
        for interface in self:
            scheme = interface._scheme()
            interface.scheme_form = self._options_form(scheme.options if scheme else None)
            needs = set(scheme.needs) if scheme else set()
            interface.takes_secret = not scheme or bool(needs - KEY_NEEDS)
            interface.takes_keys = bool(needs & KEY_NEEDS)
            interface.takes_key_set = Needs.PUBLIC_KEY in needs and scheme.code != (
                "standard_webhooks"
            )

    @api.depends("webhook_scheme", "scheme_options", "transport", "direction")
    def _compute_scheme_warning(self):
        for interface in self:
            try:
                scheme = interface._scheme()
                found = scheme.warnings(interface._scheme_options()) if scheme else ()
            except OptionsInvalid:
                found = ()
            interface.scheme_warning = "\n".join(found) or False

    @api.depends_context("uid")
    def _compute_key_set_state(self):
        # sudo: only whether it worked, for whoever reads the interface
        keys = self.env["integration.webhook.key"].sudo()
        for interface in self:
            known = keys.search(
                [("interface_id", "=", interface.id), ("url", "=", interface.jwks_url or "")]
            )[:1]
            when = fields.Datetime.to_string(known.fetched_at) if known.fetched_at else ""
            interface.key_set_state = " ".join(filter(None, [when, known.error])) or False

    # ------------------------------------------------------------------
    # consistency
    # ------------------------------------------------------------------

    def _scheme(self):
        """The scheme of an inbound webhook; ``None`` for everything else."""
        if self.transport != "webhook" or self.direction != "inbound":
            return None
        return receiving.scheme(self.webhook_scheme, None)

    def _scheme_options(self):
        """:raises OptionsInvalid: with a sentence."""
        raw = self._entered_options(self.scheme_options)
        return self._scheme().check_options({**self._usual_options(), **raw})

    def _entered_options(self, text) -> dict:
        try:
            raw = json.loads(text or "{}")
        except ValueError:
            raise OptionsInvalid(self.env._("The settings are not JSON.")) from None
        if not isinstance(raw, dict):
            raise OptionsInvalid(self.env._("The settings are not a JSON object."))
        return raw

    def _usual_options(self) -> dict:
        """Where an interface differs from what the options of its scheme say by themselves."""
        if self.webhook_scheme == "client_certificate":
            return {"trusted_networks": [str(one) for one in settings.trusted_proxies()]}
        return DEFAULTS.get(self.webhook_scheme, {})

    @api.constrains("scheme_options", "webhook_scheme")
    def _check_scheme_options(self):
        for interface in self.filtered(lambda one: one._scheme()):
            try:
                interface._scheme_options()
            except OptionsInvalid as exc:
                # Settings of another scheme are complained of when the interface is submitted:
                # while it is edited, the scheme changes first.
                if interface.state != "draft":
                    raise ValidationError(interface._explained(interface._scheme(), exc)) from exc

    @api.onchange("webhook_scheme")
    def _onchange_webhook_scheme(self):
        """Settings of another scheme mean nothing here."""
        self.scheme_options = "{}"

    def _missing_for_traffic(self):
        missing = super()._missing_for_traffic()
        scheme = self._scheme()
        if scheme is None:
            return missing
        try:
            self._scheme_options()
        except OptionsInvalid as exc:
            missing.append(self.env._("Settings of the proof: %s", self._explained(scheme, exc)))
        try:
            self._handshake()
        except OptionsInvalid as exc:
            asking = handshakes.HANDSHAKES.get(self.webhook_handshake)
            missing.append(self.env._("Settings of the question: %s", self._explained(asking, exc)))
        return missing + self._missing_keys(scheme) + self._missing_secret(scheme)

    def _missing_keys(self, scheme) -> list[str]:
        """Sentences about public keys."""
        if not set(scheme.needs) & KEY_NEEDS:
            return []
        missing = []
        try:
            for key in key_texts.split(self.public_keys or ""):
                scheme.check_secret(key)
        except (SecretInvalid, ValueError) as exc:
            missing.append(self.env._("Keys of the partner: %s", exc))
        if self.jwks_url:
            try:
                net_guard.check_url(
                    self.jwks_url.strip(), net_guard.stays_on_this_machine(self.jwks_url)
                )
            except errors.IntegrationError as exc:
                missing.append(self.env._("Address of the partner's keys: %s", exc.message))
        return missing

    def _missing_secret(self, scheme) -> list[str]:
        """Sentences about what the partner's proof is checked with."""
        kinds = [str(need) for need in scheme.needs if need not in KEY_NEEDS]
        keys = set(scheme.needs) & KEY_NEEDS and (self.public_keys or self.jwks_url)
        # sudo: an approver asks as well, who may not read credentials
        credential = self.credential_id.sudo()
        if not scheme.needs:
            return []
        if not credential:
            return (
                [] if keys else [self.env._("There is nothing to check the partner's proof with.")]
            )
        if credential.kind not in kinds:
            names = dict(credential._fields["kind"]._description_selection(self.env))
            if not kinds:
                return [self.env._("This proof needs keys of the partner and no credential.")]
            return [
                self.env._(
                    "This proof cannot be checked with a credential of the kind “%(kind)s”. "
                    "Choose one of: %(kinds)s.",
                    kind=names[credential.kind],
                    kinds=", ".join(names[kind] for kind in kinds),
                )
            ]
        return self._missing_of_secrets(credential, scheme)

    def _missing_of_secrets(self, credential, scheme) -> list[str]:
        """Whether the secrets that are there can serve the scheme; what is to come is not asked."""
        try:
            for sealed in credential._sealed():
                if sealed.valid_at(fields.Datetime.now()):
                    scheme.check_secret(receiving.secret_text(sealed, sealed.open()))
        except SecretInvalid as exc:
            return [
                self.env._("The secret of “%(name)s”: %(reason)s", name=credential.name, reason=exc)
            ]
        except KeyRingError as exc:
            return [exc.message]
        return []

    def _check_webhook_secret(self, kind, secret):
        """:raises ValueError: a secret with which this interface could not work."""
        self.ensure_one()
        scheme = self._scheme()
        if scheme is None:
            if kind == "hmac":
                signing.check_secret(self.webhook_signing or "standard", secret)
        elif kind in scheme.needs and kind != Needs.BASIC:
            scheme.check_secret(secret)

    # ------------------------------------------------------------------
    # what the door asks
    # ------------------------------------------------------------------

    def _codec(self):
        codec = super()._codec()
        # Amazon sends its JSON as text.
        if self._scheme() and self.webhook_scheme == "aws_sns":
            return replace(codec, also=("text/plain",))
        return codec

    def _inbound_spec(self):
        spec = super()._inbound_spec()
        if self.transport != "webhook":
            return spec
        receiver = self._receiver()
        if not set(receiver.scheme.needs) - KEY_NEEDS if receiver else False:
            spec["secrets"] = ()
        return spec | {"receiver": receiver}

    def _receiver(self, *, notes=True):
        """How the door reads requests; ``None`` if the settings of a draft cannot be used.

        :param notes: whether keys that are missing are asked for
        """
        try:
            options = self._scheme_options()
            keys = key_texts.split(self.public_keys or "")
            handshake, handshake_options = self._handshake()
            items = self._items_options()
        except (OptionsInvalid, ValueError):
            return None
        # sudo: what senders publish is not secret, and the door has no user
        fetched = (
            self.env["integration.webhook.key"].sudo().search([("interface_id", "=", self.id)])
        )
        contents = {key.url: key.content for key in fetched if key.content}
        url = (self.jwks_url or "").strip()
        return receiving.Receiver(
            scheme=receiving.scheme(
                self.webhook_scheme, receiving.certificates(self.id, contents, notes=notes)
            ),
            options=options,
            keys=(*keys, *([contents[url]] if url in contents else [])),
            key_set_url=url if notes else "",
            items_options=items,
            handshake=handshake,
            handshake_options=handshake_options,
        )
