from functools import partial

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.integration_core.tools import codecs

from ..tools import batches, bodies, option_texts
from ..tools.options import Options, OptionsInvalid, read_options

#: Content types by which the formats are known, in the order in which partners are told of them.
CONTENT_TYPES = {
    "form": (bodies.FORM,),
    "xml": ("application/xml", "text/xml"),
    "csv": ("text/csv",),
    "binary": ("application/octet-stream",),
}
AUTOMATIC = "auto"
#: What can be set for each form of requests.
ITEM_OPTIONS = {
    "single": (),
    "array": ("member", "id_path", "type_path", "count_path", "max_items"),
    "cloudevents": ("max_items",),
}
#: As many as are stored in a moment; a partner that needs more asks for it.
ITEM_LIMIT = {"max_items": 100}


def _means(code: str, mimetype: str) -> bool:
    """Whether a content type stands for a format."""
    try:
        return bodies.codec_of(mimetype) == code
    except codecs.ContractError:
        return False


def _format(code: str, options: Options | None, *, alone: bool) -> codecs.Format:
    """A format; when it is the only one, plain text and, for bytes, anything may be meant."""
    if code == "json":
        return codecs.JSON
    if alone and code == "binary":
        return codecs.Format(("*/*",), partial(_read, code, options), lambda _mimetype: True)
    types = CONTENT_TYPES[code] + (("text/plain",) if alone and code == "csv" else ())
    return codecs.Format(types, partial(_read, code, options), partial(_means, code))


def _read(code: str, options: Options | None, raw: bytes, content_type: str):
    return bodies.decode(raw, content_type, code, options)


class IntegrationInterface(models.Model):
    """Formats of bodies besides JSON, and requests that hold several messages."""

    # One form, and a file for each of its concerns.
    _inherit = "integration.interface"  # pylint: disable=consider-merging-classes-inherited

    body_codec = fields.Selection(
        selection_add=[
            ("form", "Form (key=value&…)"),
            ("xml", "XML"),
            ("csv", "CSV"),
            ("binary", "Anything, as base64"),
            ("auto", "By the content type of each request"),
        ],
        ondelete=dict.fromkeys((*CONTENT_TYPES, AUTOMATIC), "set default"),
    )
    body_options = fields.Text(
        string="Settings of the format",
        default="{}",
        governed=True,
        help="What the format leaves open. Empty settings have the usual value.",
    )
    body_form = fields.Json(compute="_compute_body_form")

    items_form = fields.Selection(
        [
            ("single", "One message"),
            ("array", "Array of messages"),
            ("cloudevents", "CloudEvents"),
        ],
        string="A request holds",
        default="single",
        required=True,
        governed=True,
        help="Each item of an array becomes a message of its own, all of them or none. Batches of "
        "CloudEvents are always taken apart; choose them to have their single events known by "
        "source and id, also when their attributes come in headers.",
    )
    items_options = fields.Text(
        string="Settings of the items",
        default="{}",
        governed=True,
        help="Where the items and their ids are, and how many a request may hold.",
    )
    items_form_fields = fields.Json(compute="_compute_items_form_fields")

    @api.depends("items_form")
    def _compute_items_form_fields(self):
        for interface in self:
            form = self._options_form(batches.BatchOptions)
            names = ITEM_OPTIONS[interface.items_form or "single"]
            interface.items_form_fields = [one for one in form if one["name"] in names]

    def _items_options(self):
        """:raises OptionsInvalid: with a sentence."""
        raw = {**ITEM_LIMIT, **self._entered_options(self.items_options), "form": self.items_form}
        return read_options(batches.BatchOptions, raw)

    @api.onchange("items_form")
    def _onchange_items_form(self):
        """Settings of another form mean nothing here."""
        self.items_options = "{}"

    @api.constrains("items_form", "items_options")
    def _check_items_options(self):
        for interface in self:
            try:
                interface._items_options()
            except OptionsInvalid as exc:
                translate = self.env._
                told = option_texts.explained(batches.BatchOptions, exc, translate)
                raise ValidationError(self.env._("Settings of the items: %s", told)) from exc

    @api.depends("body_codec")
    def _compute_body_form(self):
        for interface in self:
            known = bodies.CODECS.get(interface.body_codec)
            interface.body_form = self._options_form(known.options if known else None)

    def _body_options(self):
        """:raises OptionsInvalid: with a sentence."""
        known = bodies.CODECS.get(self.body_codec)
        raw = self._entered_options(self.body_options)
        return read_options(known.options, raw) if known else None

    @api.onchange("body_codec")
    def _onchange_body_codec(self):
        """Settings of another format mean nothing here."""
        self.body_options = "{}"

    @api.constrains("body_codec", "body_options")
    def _check_body_options(self):
        for interface in self:
            try:
                interface._body_options()
            except OptionsInvalid as exc:
                told = interface._explained(bodies.CODECS.get(interface.body_codec), exc)
                raise ValidationError(self.env._("Settings of the format: %s", told)) from exc

    def _codec(self):
        if self.body_codec == AUTOMATIC:
            found = [_format(code, None, alone=False) for code in ("json", *CONTENT_TYPES)]
            return codecs.Codec(tuple(found))
        if self.body_codec not in CONTENT_TYPES:
            return super()._codec()  # JSON, or a format of another addon
        return codecs.Codec((_format(self.body_codec, self._body_options(), alone=True),))
