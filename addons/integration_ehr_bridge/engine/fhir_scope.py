"""How far an interface shows Odoo over FHIR: which resources, whose, and where they lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from odoo import api
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.fhir import written
from ..tools.fhir.operation_outcome import Refusal


@dataclass(frozen=True, slots=True)
class Source:
    """Records of which a view makes resources.

    :ivar prefix: what their ids begin with, where a view has several sources; such as “place-”
    :ivar domain: which of them are shown at all
    :ivar changed: the column that says when what is shown changed last
    :ivar moment: the same as an expression, of the alias of the table, where it is no column
    :ivar names: fields that are read, so that they are read at once
    """

    model: str
    domain: Domain
    prefix: str = ""
    changed: str = "write_date"
    moment: Callable[[str], SQL] | None = None
    names: tuple[str, ...] = ()

    def changed_at(self, alias: str) -> SQL:
        """When what is shown of a row changed last."""
        return self.moment(alias) if self.moment else SQL.identifier(alias, self.changed)

    def id_of(self, record_id: int) -> str:
        """The logical id of the resource that a record is."""
        return f"{self.prefix}{record_id}"


@dataclass(frozen=True, slots=True)
class Scope:
    """What the approved configuration of an interface lets its partner see.

    It is worked out once and kept by all workers, and holds no secret.

    :ivar views: model of the view by type of resource
    :ivar locations: stock locations, with all that is in them; empty: all
    :ivar vendors: suppliers; empty: all
    :ivar since: when the configuration changed last, by which resources say more or less
    """

    interface_id: int
    name: str
    company_id: int
    user_id: int
    lang: str
    server: str
    views: Mapping[str, str]
    locations: tuple[int, ...] = ()
    vendors: tuple[int, ...] = ()
    since: datetime | None = None

    @property
    def namespace(self) -> str:
        """What systems of identifiers and codes of ours begin with."""
        return f"{self.server}/integration/ns"

    def system(self, name: str) -> str:
        """A system of identifiers or codes."""
        return f"{self.namespace}/{name}"

    def reference(self, resource: str, id_: str) -> dict[str, str] | None:
        """A reference, if its target is shown as well: else it would lead nowhere."""
        return written.reference(resource, id_) if resource in self.views else None

    def environment(self, env: api.Environment) -> api.Environment:
        """The environment in which the partner's questions are answered.

        :raises Refusal: nobody is there whose rights would count
        """
        if not self.user_id:
            raise Refusal(
                503, "exception", "no_user",
                "The interface has no service user that could read. Tell whoever runs it.",
            )  # fmt: skip
        context: dict[str, Any] = {"lang": self.lang}
        if self.company_id:
            context["allowed_company_ids"] = [self.company_id]
        return env(user=self.user_id, context=context, su=False)

    def within(self, field: str) -> Domain:
        """Records at the stock locations that are shown."""
        if not self.locations:
            return Domain.TRUE
        return Domain(field, "child_of", list(self.locations))
