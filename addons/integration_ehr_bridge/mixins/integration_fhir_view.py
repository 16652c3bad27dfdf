from dataclasses import replace
from datetime import datetime

from odoo import models
from odoo.fields import Domain

from ..engine import fhir_search
from ..tools.fhir import search, written
from ..tools.fhir.capability_statement import R4

#: A moment before everything that is shown.
EPOCH = datetime(1970, 1, 1)


class IntegrationFhirView(models.AbstractModel):
    """What Odoo shows of some of its records as one type of FHIR resource, read-only.

    A view inherits this model under a name of its own, in the addon whose records it shows. It is
    switched on for each interface by a field of the interface. Records are read with the rights of
    the interface's service user.

    What is shown is to come from columns whose change moves ``Source.changed``: else whoever polls
    does not learn of it.
    """

    _name = "integration.fhir.view"
    _description = "FHIR View"

    #: type of the resource, and version of FHIR whose shape it has
    _resource: str | None = None
    _fhir_version = R4
    #: field of the interface that switches it on
    _switch: str | None = None
    #: whether it tells what was done for a patient; then each answer is recorded in the audit trail
    _clinical = False
    #: whether the moment of its change tells of all that it says; else names and codes of other
    #: records are in it, which change by themselves
    _dated = False
    #: search parameters beside those of all resources
    _params: tuple[search.Param, ...] = ()
    #: elements that are shown; those that are in a part of it in any case; those of a summary
    _elements: tuple[str, ...] = ()
    _mandatory: tuple[str, ...] = ()
    _summary: tuple[str, ...] = ()
    #: values of ``_include``
    _includes: tuple[str, ...] = ()
    #: resources of a page where nothing is said, and at most
    _page = 50
    _most = 100
    #: what it shows, for the statement of what is served; English
    _doc = ""

    # ------------------------------------------------------------------
    # for views to say
    # ------------------------------------------------------------------

    def _sources(self, scope):
        """The records that are shown.

        :param scope: :class:`..engine.fhir_scope.Scope`
        :return: a list of :class:`..engine.fhir_scope.Source`, always in the same order
        """
        raise NotImplementedError

    def _condition(self, source, one, scope):
        """The records of a source that a filter of a parameter of this view finds.

        :param one: :class:`..tools.fhir.search.Filter`
        :rtype: Domain
        """
        raise NotImplementedError

    def _resources(self, source, records, scope):
        """The resources that records are, in their order, without ``meta``.

        :return: dicts that begin with resourceType and id
        """
        raise NotImplementedError

    def _included(self, records, include, scope):
        """What ``_include`` adds for records of the first source.

        :return: ``(model of the view, records)``
        """
        raise NotImplementedError

    # ------------------------------------------------------------------
    # how records are found
    # ------------------------------------------------------------------

    def _find(self, source, domain, order, limit):
        """Records with the moment of their last change.

        :return: a list of pairs
        """
        model = self.env[source.model].with_context(active_test=False)
        names = [source.changed, *source.names]
        found = model.search_fetch(domain, names, order=order, limit=limit)
        return [(one, one[source.changed] or self._made_at(one)) for one in found]

    def _made_at(self, record):
        """When a record was made of which nobody wrote when it changed: SQL made it."""
        return ("create_date" in record._fields and record.create_date) or EPOCH

    def _count(self, source, domain):
        return self.env[source.model].with_context(active_test=False).search_count(domain)

    def _fitting(self, sources, rows):
        """How many of the rows fit a page, from the first on; one always does."""
        return len(rows)

    def _offered(self, base, scope):
        """What can be asked for, as the reader of searches wants it."""
        return search.Offered(
            resource=self._resource,
            params={one.name: self._named(one, scope) for one in (*search.COMMON, *self._params)},
            elements=frozenset(self._elements),
            includes=frozenset(self._includes),
            page=self._page,
            most=self._most,
            base=base,
        )

    def _named(self, param, scope):
        """A parameter whose system is an address."""
        if not param.system.startswith("ns/"):
            return param
        return replace(param, system=scope.system(param.system.removeprefix("ns/")))

    def _part(self, query):
        """Names of the elements that are sent; ``None``: all."""
        if query.elements:
            return frozenset((*query.elements, *self._mandatory))
        return frozenset((*self._summary, *self._mandatory)) if query.summary == "true" else None

    # ------------------------------------------------------------------
    # conditions that views share
    # ------------------------------------------------------------------

    def _by_token(self, fields, system, one):
        """Records of which one of the fields has the code, where codes are of one system."""
        found = Domain.FALSE
        for value in one.values:
            if value.system is not None and value.system != system:
                continue
            for name in fields:
                any_code = Domain(name, "not in", (False, ""))
                found |= any_code if value.code is None else Domain(name, "=", value.code)
        return found

    def _by_status(self, field, table, one):
        """Records whose state is one of those that mean the status.

        :param table: status of FHIR by state of the record
        """
        wanted = self._codes(one, table.values())
        return Domain(field, "in", [state for state, status in table.items() if status in wanted])

    def _codes(self, one, every):
        """The codes that are asked for; a system alone means every one."""
        found = {value.code for value in one.values}
        return set(every) if None in found else found

    def _by_active(self, one, shown=("active", "inactive")):
        active, inactive = shown
        wanted = self._codes(one, shown)
        kept = [flag for flag, code in ((True, active), (False, inactive)) if code in wanted]
        return Domain("active", "in", kept)

    def _by_words(self, field, one):
        """Records whose text begins with, contains or is what is asked for."""
        found = Domain.FALSE
        for value in one.values:
            text = value.value
            if one.modifier == "exact":
                found |= Domain(field, "=", text)
                continue
            escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            before = "%" if one.modifier == "contains" else ""
            found |= Domain(field, "=ilike", f"{before}{escaped}%")
        return found

    def _by_moment(self, field, one):
        """Records with a moment within the spans; to the second."""
        found = Domain.FALSE
        for span in one.values:
            within = Domain(field, "!=", False)
            if span.low is not None:
                within &= Domain(field, ">=", span.low)
            if span.high is not None:
                within &= Domain(field, "<", span.high)
            found |= within
        return found

    def _by_reference(self, field, prefix, one):
        """Records that refer to one of the resources.

        :param prefix: of the ids of what the field refers to
        """
        ids = []
        for value in one.values:
            if value.id.startswith(prefix):
                ids.append(fhir_search.number_of(value.id.removeprefix(prefix)))
        return Domain(field, "in", [number for number in ids if number])

    # ------------------------------------------------------------------
    # what views write
    # ------------------------------------------------------------------

    def _written(self, source, found, scope, query):
        """Resources of records as they are sent.

        :param found: ``(record, moment of its last change)``
        """
        part = self._part(query)
        records = self.env[source.model].browse([one.id for one, _changed in found])
        resources = self._resources(source, records.with_prefetch(records.ids), scope)
        return [
            written.write(resource, changed, part)
            for resource, (_record, changed) in zip(resources, found, strict=True)
        ]
