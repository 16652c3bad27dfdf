from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from odoo.addons.integration_core.tests.common import EngineCase
from odoo.addons.integration_ehr_bridge.engine import fhir_facade
from odoo.addons.integration_ehr_bridge.tools.fhir.operation_outcome import Refusal

from .fhir_reader import BASE, FhirReader

NAMES = st.sampled_from(
    ["_id", "_lastUpdated", "identifier", "name", "name:contains", "name:exact", "active", "type",
     "status", "partof", "operational-status", "_count", "_sort", "_total", "_summary", "_elements",
     "_include", "_has:Patient:x", "subject.name", "_filter", "_page", "company_id", "domain"]
)  # fmt: skip
PIECES = (
    "Scope gt ge2000 lt2100 -01-01 % _ \\ , | ' \" -- ( supplier- payer- stock- place- 1 2 true "
    "false bus pay count accurate active -_lastUpdated _lastUpdated Location/ é"
)
VALUES = st.one_of(
    st.text(max_size=12),
    st.lists(st.sampled_from([*PIECES.split(), "\0", " "]), max_size=5).map("".join),
)
QUERIES = st.lists(st.tuples(NAMES, VALUES), max_size=4).map(tuple)


@tagged("post_install", "-at_install")
class TestFhirScope(FhirReader, EngineCase):
    """Whatever is asked: no more than what is shown, and no error but the stated ones."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = cls.env["res.company"].create({"name": "Scope other hospital"})
        partners = cls.env["res.partner"].create(
            [
                {"name": f"Scope {n}", "ref": f"S{n}", "is_company": n < 4, "supplier_rank": n % 3}
                for n in range(6)
            ]
        )
        cls.env["ehr.payer"].create(
            [
                {"code": "S1", "name": "Scope 1"},
                {"code": "S2", "name": "Scope 2", "company_id": company.id},
            ]
        )
        cls.env["ehr.location"].create(
            [
                {"point_of_care": "SC", "kind": "unit"},
                {"point_of_care": "SC", "kind": "unit", "company_id": company.id},
            ]
        )
        stock = cls.env["stock.location"].create([{"name": "Scope a"}, {"name": "Scope b"}])
        cls.make_reader(
            "fhir_show_organization", "fhir_show_location",
            fhir_vendor_ids=[(6, 0, partners[:3].ids)],
            fhir_location_ids=[(6, 0, stock[:1].ids)],
        )  # fmt: skip
        cls.env.flush_all()
        cls.scope = cls.facade._fhir_scope()

    def shown(self, kind, pairs, lenient=False):
        asked = fhir_facade.Asked(
            BASE, (kind,), pairs, {"Prefer": "handling=lenient"} if lenient else {}, fresh=False
        )
        return set(fhir_facade.answer(self.env, self.scope, asked).shown)

    def test_no_search_finds_more_than_is_shown(self):
        for kind in ("Organization", "Location"):
            every = self.shown(kind, (("_count", "100"),))
            self.assertGreaterEqual(len(every), 2)
            self.assertLess(len(every), 100)
            self.look_for_more(kind, every)

    def look_for_more(self, kind, every):
        @settings(
            max_examples=150, deadline=None, database=None,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(QUERIES, st.booleans())
        def check(pairs, lenient):
            try:
                found = self.shown(kind, pairs, lenient)
            except Refusal as refusal:
                self.assertIn(refusal.status, (400, 406, 410))
            else:
                self.assertLessEqual(found, every)

        check()

    def test_what_is_beyond_the_limits_is_not_there(self):
        self.assertEqual(
            {one for one in self.shown("Location", ()) if one.startswith("stock-")},
            {f"stock-{one}" for one in self.scope.locations},
        )
        suppliers = {one for one in self.shown("Organization", ()) if one.startswith("supplier")}
        self.assertLessEqual(suppliers, {f"supplier-{one}" for one in self.scope.vendors})
