import base64
import binascii
import time
from datetime import UTC

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.integration_core.controllers.arrival import Arrival
from odoo.addons.integration_core.controllers.problem import Problem
from odoo.addons.integration_core.engine import audit, conversion, intake, keys, trials
from odoo.addons.integration_core.tools import data_classes, errors, json_text, source_address
from odoo.addons.integration_core.tools.keyring import KeyRingError

from ..engine import receiving
from ..tools import reason_texts
from ..tools.signature import Reason, SignatureInvalid, VerifiedDelivery

# A trial costs no more than the handling of a large message, and its answer is read by a person.
SHOWN_CHARS = 50_000
AGE = (Reason.TOO_OLD, Reason.IN_FUTURE)
# With what the door refuses, in the order in which it looks.
DOOR = (404, 413, 415, 401, 503)


class IntegrationInterface(models.Model):
    """Trying a request on the door: it travels in the call, and nothing of it is stored."""

    # One form, and a file for each of its concerns.
    _inherit = "integration.interface"  # pylint: disable=consider-merging-classes-inherited

    def try_webhook(self, attempt):
        """Say of a request which check it passes, and what would become of it.

        :param dict attempt: ``method``, ``headers`` (lines ``Name: value``), ``body`` (text, or
            base64 if ``is_base64``), ``source`` (address, may be empty), ``sent_at`` (UTC, as if it
            arrived then; may be empty)
        :return: ``steps``, each with ``name``, ``ok`` (``None`` if it was not asked) and
            ``detail``; ``summary``, what the partner would get and what would happen; ``verdict``
            (``accepted``, ``idle``, ``set_aside`` or ``refused``); ``output``, the canonical JSON
            as text
        :raises AccessError: only administrators; content of a private interface is for viewers
        :raises UserError: the user has tried out too much of late
        """
        self.ensure_one()
        self._require_may_try()
        if self._scheme() is None:
            raise UserError(self.env._("Requests are tried on inbound webhooks."))
        with trials.charged(self.env):
            trial = _Trial(self, attempt)
            trial.run()
        if self.data_class in data_classes.PRIVATE:
            what = self.env._("a request that was tried on the door")
            audit.record(self, "view", changes={"content": ("", what)})
        verdict, summary = trial.summary()
        return {
            "steps": trial.steps,
            "summary": summary,
            "verdict": verdict,
            "output": trial.output,
        }

    def _require_may_try(self):
        self.check_access("write")
        user = self.env.user
        if not user.has_group("integration_core.group_administrator"):
            raise AccessError(self.env._("Only administrators try requests."))
        if self.data_class == data_classes.CLINICAL and not user.has_group(
            "integration_core.group_clinical_viewer"
        ):
            raise AccessError(
                self.env._("Requests of a clinical interface are for clinical content viewers.")
            )


class _Trial:
    """One request on its way through the checks, in their order, each told of by a step."""

    def __init__(self, interface, attempt):
        # sudo: who may try was checked; secrets and mappings are read as the door reads them
        self.interface = interface.sudo()
        self.env = self.interface.env
        self.attempt = attempt
        self.steps = []
        self.output = ""
        # statuses with which the door would refuse it
        self.refusals = set()
        self.is_known = False
        self.is_set_aside = False
        self.is_filtered = False

    def run(self):
        arrival = self._arrival()
        spec = self.interface._inbound_spec()
        receiver = self.interface._receiver(notes=False)
        if arrival is None or receiver is None:
            if receiver is None:
                self._step(self.env._("Settings"), False, self.env._("They cannot be used."))
            return
        self._check_source(spec)
        self._check_type(spec, arrival)
        self._check_size(spec, arrival)
        verified = self._check_proof(spec, receiver, arrival)
        bodies = self._check_items(receiver, arrival, verified)
        self._check_duplicate(spec, bodies)
        self._convert(spec, bodies)

    def _step(self, name, ok, detail="", refusal=None):
        self.steps.append({"name": name, "ok": ok, "detail": detail})
        if ok is False and refusal:
            self.refusals.add(refusal)

    def summary(self):
        """``(verdict, sentence)``: what all the steps come to, once the interface is active."""
        for status in DOOR:
            if status in self.refusals:
                return "refused", self.env._("The partner gets HTTP %s. Nothing is stored.", status)
        if self.is_known:
            return "idle", self.env._("Accepted. It came before, so nothing happens.")
        if self.is_set_aside:
            return "set_aside", self.env._(
                "Accepted and stored. Then it is set aside, and a person has to see to it."
            )
        if any(step["ok"] is False for step in self.steps):
            return "refused", self.env._("It could not be tried to the end.")
        if self.is_filtered:
            return "accepted", self.env._(
                "Accepted and stored. By the routing, messages of this type are kept and nothing "
                "else."
            )
        return "accepted", self.env._("Accepted, stored and handled.")

    # -- the request -----------------------------------------------------------------------

    def _arrival(self):
        attempt = self.attempt
        headers = []
        for line in (attempt.get("headers") or "").splitlines():
            name, colon, value = line.partition(":")
            if colon and name.strip():
                headers.append((name.strip(), value.strip()))
        body = attempt.get("body") or ""
        try:
            raw = base64.b64decode(body, validate=True) if attempt.get("is_base64") else None
        except binascii.Error:
            self._step(self.env._("Body"), False, self.env._("This is not base64."))
            return None
        found = {name.lower(): value for name, value in headers}
        kind = found.get("content-type", "")
        return Arrival(
            method=(attempt.get("method") or "POST").upper(),
            url=f"{self.interface.inbound_url or ''}",
            headers=_Fields(headers),
            body=body.encode() if raw is None else raw,
            content_type=kind,
            mimetype=kind.partition(";")[0].strip().lower(),
            peer=(attempt.get("source") or "").strip(),
        )

    # -- the checks of the door ------------------------------------------------------------

    def _check_source(self, spec):
        name = self.env._("Address")
        text = (self.attempt.get("source") or "").strip()
        if not spec["networks"]:
            self._step(name, True, self.env._("Accepted from anywhere."))
        elif not text:
            self._step(name, None, self.env._("No address was entered."))
        else:
            address = source_address.parse_address(text)
            ok = source_address.in_networks(address, spec["networks"])
            self._step(name, ok, "" if ok else self.env._("Not in the networks: 404."), 404)

    def _check_type(self, spec, arrival):
        codec = spec["codec"]
        ok = codec.accepts(arrival.mimetype)
        known = ", ".join(codec.content_types)
        self._step(
            self.env._("Content type"),
            ok,
            "" if ok else self.env._("Send one of: %s (415).", known),
            415,
        )

    def _check_size(self, spec, arrival):
        size, limit = len(arrival.body), spec["body_limit"]
        self._step(
            self.env._("Size"),
            size <= limit,
            self.env._("%(size)s of at most %(limit)s bytes", size=f"{size:,}", limit=f"{limit:,}"),
            413,
        )

    def _check_proof(self, spec, receiver, arrival):
        """What the request proves, or an empty verdict with which the rest can be tried."""
        name, age = self.env._("Proof"), self.env._("Age")
        try:
            verified = receiver.verify(receiving.inbound(arrival), self._secrets(spec), self._now())
        except SignatureInvalid as exc:
            told = self.env._(reason_texts.REASONS[exc.reason])  # pylint: disable=prefer-env-translation
            old = exc.reason in AGE
            self._step(name, old, "" if old else told, 401)
            self._step(age, False if old else None, told if old else "", 401)
            return VerifiedDelivery(None, None, None)
        except KeyRingError as exc:
            self._step(name, False, exc.message, 503)
            return VerifiedDelivery(None, None, None)
        self._step(name, True, self._proved_by(verified))
        untimed = self.env._("This proof tells no time.")
        self._step(age, True, untimed if verified.timestamp is None else "")
        return verified

    def _secrets(self, spec):
        now = fields.Datetime.now()
        return [(one, one.open()) for one in spec["secrets"] if one.valid_at(now)]

    def _now(self):
        moment = self.attempt.get("sent_at")
        if not moment:
            return time.time()
        try:
            found = fields.Datetime.to_datetime(moment)
        except ValueError as exc:
            raise UserError(self.env._("Enter a time such as 2026-05-01 10:00:00.")) from exc
        return found.replace(tzinfo=UTC).timestamp()

    def _proved_by(self, verified):
        if verified.id is None:
            return self.env._("There is no id: messages of equal content count as one.")
        if verified.id_signed:
            return self.env._("Id: %s", verified.id)
        return self.env._("Id: %s (the proof does not cover it)", verified.id)

    def _check_items(self, receiver, arrival, verified):
        """``[(body, content type, id, type)]`` of the messages."""
        try:
            items = receiver.items(receiving.inbound(arrival), arrival.mimetype, verified.id)
        except Problem as problem:
            told = f"{problem.detail} ({problem.status})"
            self._step(self.env._("Items"), False, told, problem.status)
            return []
        if items is None:
            return [(arrival.body, arrival.content_type, verified.id, verified.message_type)]
        self._step(self.env._("Items"), True, self.env._("%s messages", len(items)))
        return [
            (
                one.body,
                one.content_type or arrival.content_type,
                one.external_key,
                one.message_type or verified.message_type,
            )
            for one in items
        ]

    def _check_duplicate(self, spec, bodies):
        name = self.env._("Repetition")
        ring = keys.optional_ring(self.env.cr)
        try:
            named = [
                intake.stored_key(spec, key or intake.content_key(spec, body, ring), ring)
                for body, _content, key, _type in bodies
            ]
        except KeyRingError as exc:
            self._step(name, False, exc.message)
            return
        known = [key for key in named if intake._known(self.env.cr, spec["id"], key)]
        self.is_known = bool(known) and len(known) == len(named)
        self._step(name, not known, self._repeated(len(known), len(named)))

    def _repeated(self, known, total):
        if not known:
            return self.env._("It has not come before.")
        if total == 1:
            return self.env._("It came before: nothing would happen.")
        return self.env._("%(known)s of %(total)s came before.", known=known, total=total)

    # -- what would become of it -----------------------------------------------------------

    def _convert(self, spec, bodies):
        plan = conversion.PlanCache().inbound(self.env, self.interface.id)
        if plan.fetch:
            self._locate(plan, spec["codec"], bodies)
            return
        steps = [
            self.env._("Format"),
            self.env._("Set-up of the interface"),
            self.env._("Contract"),
            self.env._("Mapping"),
        ]
        shown = []
        for number, (body, content, _key, kind) in enumerate(bodies, 1):
            routed = plan.of_type(kind or spec["message_type"])
            if routed.filters:
                self.is_filtered = True
                continue
            stage, found = self._stages(routed, spec["codec"], body, content)
            if isinstance(found, errors.IntegrationError):
                where = self.env._("Message %s: ", number) if len(bodies) > 1 else ""
                for position, step in enumerate(steps):
                    ok = True if position < stage else (False if position == stage else None)
                    self._step(step, ok, where + _sentence(found) if position == stage else "")
                self.is_set_aside = True
                return
            shown.append(json_text.indented(found))
        for step in steps if bodies else ():
            self._step(step, True)
        self.output = "\n".join(shown)[:SHOWN_CHARS]

    def _locate(self, plan, codec, bodies):
        """What would be fetched; nothing is."""
        name = self.env._("Content that would be fetched")
        shown = []
        for body, content, _key, _type in bodies:
            try:
                if isinstance(plan.fetch, errors.IntegrationError):
                    raise plan.fetch
                resource = plan.fetch.locate(codec.decode(body, content))
                shown.append(f"GET {self.interface._resource_address(resource)}")
            except errors.IntegrationError as exc:
                self._step(name, False, _sentence(exc))
                self.is_set_aside = True
                return
        if bodies:
            self._step(name, True, self.interface.webhook_fetch_id.display_name)
        self.output = "\n".join(shown)[:SHOWN_CHARS]

    def _stages(self, plan, codec, body, content):
        """``(how far it came, canonical JSON or the error)``."""
        try:
            value = codec.decode(body, content)
        except errors.IntegrationError as exc:
            return 0, exc
        if isinstance(plan.conversion, errors.IntegrationError):
            return 1, plan.conversion
        try:
            return 4, plan.conversion.apply(value, fields.Datetime.now())
        except errors.MappingError as exc:
            return 3, exc
        except errors.IntegrationError as exc:
            return 2, exc


class _Fields(list):
    """Headers as they were typed, repeated ones included."""

    def items(self):
        return iter(self)


def _sentence(error):
    violations = "; ".join(getattr(error, "violations", ()) or ())
    return f"{error.message} {violations}".strip()
