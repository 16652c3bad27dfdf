import base64
import io
import zipfile

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import audit, settings
from ..engine.pieces import UNREADABLE, Piece
from ..tools import data_classes

# Shorter ones explain nothing.
MIN_REASON = 10
# Records and bytes of one download: what a browser takes at once.
MAX_EXPORTED = 500
MAX_EXPORTED_BYTES = 20 * 1024 * 1024

#: Who may see private content, for a reason.
ROLES = {
    "confidential": "integration_core.group_content_viewer",
    "clinical": "integration_core.group_clinical_viewer",
}


class IntegrationRevealed(models.AbstractModel):
    """Content on screen: masked if it is private, shown for a reason and a time, recorded.

    Content travels as the result of a call. It is in no field, so that no list, search, export,
    copy or browser cache has it. A model that inherits this says in ``_content_pieces`` what its
    records hold.
    """

    _name = "integration.revealed"
    _description = "Records with Content"

    def _content_pieces(self) -> list[Piece]:
        """The stored content of these records, undeciphered (see :class:`engine.pieces.Piece`)."""
        raise NotImplementedError

    def _content_size(self) -> int:
        """Bytes of that content, without reading it: at least as many are to be loaded."""
        raise NotImplementedError

    def _content_company(self):
        """To whom the content of this record belongs; empty for all companies."""
        self.ensure_one()
        return self.company_id

    # ------------------------------------------------------------------
    # what the screen calls
    # ------------------------------------------------------------------

    def content_state(self):
        """The content of one record as the user may see it now.

        :return: ``pieces`` (stage, text, masked, data_class, content_type, size, created_at),
            ``private`` (whether something is masked without a reason), ``masked``, ``may_reveal``,
            ``refusal`` (a sentence, or ``""``), ``seconds`` left of a reveal, ``may_export``,
            ``about``, the number of other records of the same document, and ``min_reason``
        """
        self.ensure_one()
        self._require_viewer()
        grants = self.env["integration.reveal"]._open(self)
        pieces = self._content_pieces()
        opened = [p for p in pieces if not p.private or (grants and self._may_reveal(p.data_class))]
        self._record_looks(grants[:1], [piece for piece in opened if piece.private])
        return {
            "pieces": [self._shown(piece, piece in opened) for piece in pieces],
            "private": any(piece.private for piece in pieces),
            "masked": len(opened) < len(pieces),
            "may_reveal": any(p.private and self._may_reveal(p.data_class) for p in pieces),
            "refusal": self._reveal_refusal(pieces),
            "seconds": self._seconds(grants),
            "minutes": settings.reveal_minutes(),
            "min_reason": MIN_REASON,
            "may_export": bool(pieces) and self._is_exporter(),
            "about": self._count_about(),
        }

    def reveal_content(self, reason, whole_document=False):
        """Show private content of one record to the user for some minutes; audited.

        :param reason: why, in at least :data:`MIN_REASON` characters
        :param whole_document: also that of all other messages or events about the same document
        :return: as :meth:`content_state`
        """
        self.ensure_one()
        self._reveal(reason, whole_document=whole_document)
        return self.content_state()

    def end_reveal(self):
        """Mask what was revealed to the user before its time is over."""
        self.ensure_one()
        self._require_viewer()
        self.env["integration.reveal"]._open(self)._end()
        return self.content_state()

    def download_content(self, reason):
        """The content of these records as a file; needs the right to export, and is audited.

        :return: ``name``, ``type`` and ``content`` in base64
        """
        self._require_viewer()
        if not self._is_exporter():
            raise AccessError(
                self.env._(
                    "Content leaves Odoo by people with the role “Content exporter” only. Ask an "
                    "administrator for it."
                )
            )
        reason = self._checked_reason(reason)
        if not self or len(self) > MAX_EXPORTED:
            raise UserError(self.env._("Download between 1 and %s at once.", MAX_EXPORTED))
        self._require_small(self._content_size())
        pieces = self._content_pieces()
        for piece in pieces:
            if piece.private and not self._may_reveal(piece.data_class):
                raise AccessError(self._role_sentence(piece.data_class))
        files = self._files(pieces)
        for record in self:
            stages = [piece.stage for piece in pieces if piece.record == record]
            audit.record(record, "export", reason=reason, changes=_told(stages, len(self)))
        return _packed(files, self._description)

    def action_open_download(self):
        """The dialog that asks for the reason of a download."""
        return {
            "type": "ir.actions.client",
            "tag": "integration_core.download_content",
            "params": {"model": self._name, "ids": self.ids, "min_reason": MIN_REASON},
        }

    def action_open_access(self):
        """Who has seen the content of this record, or of the same business case."""
        self.ensure_one()
        access = self.env["integration.access"]
        action = access._screen(
            [
                "|",
                ("correlation_id", "=", self.correlation_id),
                "&",
                ("content_model", "=", self._name),
                ("content_id", "=", self.id),
            ]
        )
        return {**action, "name": self.env._("Who has seen %s", self._public_name())}

    # ------------------------------------------------------------------
    # rights
    # ------------------------------------------------------------------

    def _require_viewer(self):
        self.check_access("read")
        if not self.env.user.has_group("integration_core.group_content_viewer"):
            raise AccessError(
                self.env._("Content is for people with the role “Content viewer”. Ask an "
                           "administrator for it.")
            )  # fmt: skip

    def _may_reveal(self, data_class) -> bool:
        return self.env.user.has_group(ROLES[data_class])

    def _is_exporter(self) -> bool:
        return self.env.user.has_group("integration_core.group_content_exporter")

    def _role_sentence(self, data_class):
        if data_class == data_classes.CLINICAL:
            return self.env._(
                "Clinical content is shown to people with the role “Clinical content viewer” only."
            )
        return self.env._("Confidential content is shown to people with the role “Content viewer”.")

    def _reveal_refusal(self, pieces):
        closed = {p.data_class for p in pieces if p.private and not self._may_reveal(p.data_class)}
        return self._role_sentence(data_classes.strictest(closed)) if closed else ""

    def _checked_reason(self, reason):
        reason = " ".join((reason or "").split())
        if len(reason) < MIN_REASON:
            raise UserError(
                self.env._(
                    "Say in at least %s characters why you need this content. Your reason is "
                    "recorded with your name.",
                    MIN_REASON,
                )
            )
        return reason

    # ------------------------------------------------------------------
    # revealing
    # ------------------------------------------------------------------

    def _reveal(self, reason, whole_document=False):
        """Grant the user what is private in these records, for a reason."""
        self._require_viewer()
        reason = self._checked_reason(reason)
        pieces = self._content_pieces()
        allowed = [p for p in pieces if p.private and self._may_reveal(p.data_class)]
        if any(p.private for p in pieces) and not allowed:
            raise AccessError(self._reveal_refusal(pieces))
        reveals = self.env["integration.reveal"]
        for record in self:
            stages = [piece.stage for piece in allowed if piece.record == record]
            if not stages:
                continue
            document = record._about_document() if whole_document else None
            target = record if document is None else document
            grant = reveals._grant(target, reason, record._content_company())
            grant._first_looks(record, stages)
            changes = _told(stages) | {"until": ("", fields.Datetime.to_string(grant.until))}
            if document is not None:
                changes["scope"] = ("", f"{document._name},{document.id}")
            audit.record(record, "reveal", reason=reason, changes=changes)

    def _revealed(self):
        """Those of these records whose private content the user has given a reason for."""
        grants = self.env["integration.reveal"]._open(self)
        return self.filtered(grants._covers)

    def _look(self) -> int:
        """Note that all private content of a revealed record is seen; return the seconds left."""
        self.ensure_one()
        grants = self.env["integration.reveal"]._open(self)
        self._record_looks(grants[:1], [p for p in self._content_pieces() if p.private])
        return self._seconds(grants)

    def _record_looks(self, grant, pieces):
        """Each stage of a record is audited once for each reveal."""
        stages = grant._first_looks(self, [piece.stage for piece in pieces]) if grant else []
        if stages:
            audit.record(self, "view", reason=grant.reason, changes=_told(stages))

    def _seconds(self, grants):
        if not grants:
            return 0
        left = max(grants.mapped("until")) - fields.Datetime.now()
        return max(0, int(left.total_seconds()))

    def _about_document(self):
        """The document that this record is about, if there is one."""
        known = self.res_id and self.res_model in self.env
        return self.env[self.res_model].browse(self.res_id) if known else None

    def _count_about(self):
        if not self.res_id:
            return 0
        domain = [("res_model", "=", self.res_model), ("res_id", "=", self.res_id)]
        return self.search_count([*domain, ("id", "!=", self.id)], limit=1000)

    # ------------------------------------------------------------------
    # showing
    # ------------------------------------------------------------------

    def _shown(self, piece, opened):
        ring = self.env["integration.credential"]._key_ring()
        hidden = not opened and not self._may_reveal(piece.data_class)
        if hidden:
            text = self._role_sentence(piece.data_class)
        else:
            text = piece.readable(ring) if opened else piece.masked(ring)
        return {
            "stage": piece.stage,
            "text": text,
            "masked": not opened,
            "hidden": hidden,
            "data_class": piece.data_class,
            "content_type": piece.content_type or "",
            "size": False if piece.private and not opened else piece.size,
            "created_at": fields.Datetime.to_string(piece.created_at),
        }

    def _files(self, pieces):
        """``{name: bytes}`` of what is downloaded."""
        ring = self.env["integration.credential"]._key_ring()
        files, size = {}, 0
        for piece in pieces:
            try:
                raw = piece.open(ring)
            except UNREADABLE as exc:
                raise UserError(
                    self.env._(
                        "The content of %(record)s cannot be read, so nothing was downloaded: "
                        "%(reason)s",
                        record=piece.record._public_name(),
                        reason=exc,
                    )
                ) from exc
            size += len(raw)
            self._require_small(size)
            files[f"{piece.record.uuid}-{piece.stage}{piece.suffix}"] = raw
        if not files:
            raise UserError(self.env._("There is no content to download."))
        return files

    def _require_small(self, size):
        if size > MAX_EXPORTED_BYTES:
            raise UserError(
                self.env._(
                    "This is more than %s MB. Download less at once.",
                    MAX_EXPORTED_BYTES // 1024 // 1024,
                )
            )

    def _public_name(self):
        """A name of this record without content."""
        return self.display_name


def _told(stages, count=1):
    """What an audit entry says of content: which stages, of how many records at once."""
    changes = {"content": ("", ", ".join(stages))}
    return changes | {"records": ("", str(count))} if count > 1 else changes


def _packed(files, title):
    """One file as it is, several as an archive."""
    if len(files) == 1:
        [(name, raw)] = files.items()
        return {
            "name": name,
            "type": "application/octet-stream",
            "content": base64.b64encode(raw).decode(),
        }
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, raw in files.items():
            packed.writestr(name, raw)
    return {
        "name": f"{title.lower().replace(' ', '-')}-content.zip",
        "type": "application/zip",
        "content": base64.b64encode(archive.getvalue()).decode(),
    }
