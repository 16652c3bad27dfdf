from odoo.tests import tagged

from odoo.addons.integration_core.engine import merging

from .fhir_case import FhirCase, created, in_turn, outcome


@tagged("post_install", "-at_install")
class TestFhirClient(FhirCase):
    def again(self, country):
        """The same document is told of once more, as by another transaction."""
        self.env.cr.execute("UPDATE integration_event SET tx = uuid")
        country.phone_code = 1
        self.env.cr.flush()
        country.phone_code = 999
        self.env.cr.flush()
        self.dispatch()
        return self.drained()

    def known(self, country):
        return self.env["integration.fhir.known"].search(
            [("res_model", "=", country._name), ("res_id", "=", country.id)]
        )

    # -- create ----------------------------------------------------------------------------

    def test_a_resource_is_created_unless_it_is_there(self):
        server = self.serve(created(7, 1))
        message = self.sent()
        self.assertEqual(message.state, "done", message.error_message)
        (asked,) = server.asked
        self.assertEqual((asked.method, asked.path), ("POST", "/fhir/Basic"))
        self.assertEqual(asked.headers["if-none-exist"], "identifier=urn%3Aodoo%7CZedland")
        self.assertEqual(asked.headers["content-type"], "application/fhir+json; charset=utf-8")
        self.assertEqual(asked.headers["accept"], "application/fhir+json")
        self.assertIn(message.trace_parent.split("-")[1], asked.headers["traceparent"])
        self.assertEqual(asked.resource["resourceType"], "Basic")
        kinds = {one.kind: one.content_type for one in message.payload_ids}
        self.assertEqual(kinds, {"sent": "application/fhir+json"})

    def test_what_the_server_gives_is_remembered(self):
        self.serve(created(7, 3))
        message = self.sent()
        country = self.env[message.res_model].browse(message.res_id)
        known = self.known(country)
        self.assertEqual((known.resource_type, known.fhir_id, known.version), ("Basic", "7", "3"))
        links = self.env["integration.record.link"]
        self.assertEqual(links._find_record(self.system.id, country._name, "Basic/7"), country)

    def test_a_resource_of_another_document_is_a_conflict(self):
        """Our identifier names at the server what belongs to another document of ours."""
        other = self.env["res.country"].create({"name": "Otherland", "code": "ZO"})
        self.env["integration.record.link"]._link(self.system.id, other, "Basic/7")
        self.serve(created(7, 1, 200))
        message = self.sent()
        self.assertEqual((message.state, message.error_code), ("quarantined", "external_id_taken"))
        self.assertFalse(self.known(self.env[message.res_model].browse(message.res_id)))

    def test_several_matches_are_for_a_person(self):
        self.serve(lambda _asked: (412, outcome("multiple-matches")))
        message = self.sent()
        self.assertEqual(
            (message.state, message.error_class, message.error_code),
            ("quarantined", "conflict", "fhir_several_matches"),
        )
        self.assertIn("Several resources at the server match", message.error_message)

    def test_a_mapping_without_identifier_is_refused_before_it_leaves(self):
        server = self.serve(created())
        self.write_as("{resourceType: 'Basic', code: {text: root.key}}")
        message = self.sent()
        self.assertEqual((message.state, message.error_code), ("quarantined", "fhir_shape"))
        self.assertFalse(server.asked)

    def test_only_the_types_that_were_approved_leave(self):
        server = self.serve(created(), fhir_types="SupplyRequest")
        message = self.sent()
        self.assertEqual((message.state, message.error_code), ("quarantined", "fhir_type"))
        self.assertIn("Basic", message.error_message)
        self.assertFalse(server.asked)

    def test_an_unknown_outcome_is_repeated_only_where_the_server_recognises_it(self):
        server = self.serve(in_turn((None, None), created(7)))
        message = self.sent()
        self.assertEqual((message.state, message.error_class), ("retry", "unknown_outcome"))
        self.make_due(message)
        self.assertEqual(self.drained().state, "done")
        self.assertEqual(server.asked[0].body, server.asked[1].body)

        server = self.serve(lambda _asked: (None, None), fhir_interaction="create")
        self.fire("Otherland", "ZO")
        self.dispatch()
        message = self.drained()
        self.assertEqual((message.state, message.error_class), ("quarantined", "unknown_outcome"))
        self.assertIn("nobody knows whether the server has made this Basic", message.error_message)
        self.assertEqual(len(server.asked), 1)

    # -- update ----------------------------------------------------------------------------

    def test_an_update_is_made_over_the_known_version(self):
        server = self.serve(
            in_turn(created(7, 1), lambda asked: (200, None, {"ETag": 'W/"2"'})),
            fhir_interaction="update",
        )
        country = self.fire()
        self.dispatch()
        self.assertEqual(self.drained().state, "done")
        self.assertEqual(self.again(country).state, "done")
        first, second = server.asked
        self.assertEqual((first.method, first.path), ("POST", "/fhir/Basic"))
        self.assertEqual((second.method, second.path), ("PUT", "/fhir/Basic/7"))
        self.assertEqual(second.headers["if-match"], 'W/"1"')
        self.assertEqual(second.resource["id"], "7")
        self.assertEqual(self.known(country).version, "2")

    def test_what_is_there_already_is_updated(self):
        """A conditional create that finds one changes nothing: our content follows by an update."""
        server = self.serve(
            in_turn(created(7, 4, 200), lambda asked: (200, None, {"ETag": 'W/"5"'})),
            fhir_interaction="update",
        )
        message = self.sent()
        self.assertEqual(message.state, "done", message.error_message)
        self.assertEqual([one.method for one in server.asked], ["POST", "PUT"])
        self.assertEqual(server.asked[1].headers["if-match"], 'W/"4"')
        self.assertEqual(
            self.known(self.env[message.res_model].browse(message.res_id)).version, "5"
        )

    def test_a_changed_resource_is_a_conflict_that_a_person_decides(self):
        theirs = {"resourceType": "Basic", "id": "7", "code": {"text": "theirs"}}
        server = self.serve(
            in_turn(
                created(7, 1),
                (412, outcome("conflict")),
                (200, theirs, {"ETag": 'W/"3"'}),
                lambda asked: (200, None, {"ETag": 'W/"4"'}),
            ),
            fhir_interaction="update",
        )
        country = self.fire()
        self.dispatch()
        self.drained()
        message = self.again(country)
        self.assertEqual(
            (message.state, message.error_code), ("quarantined", "fhir_version_conflict")
        )
        self.assertIn("“Retry” puts our content in its place", message.error_message)
        self.assertEqual(self.known(country).conflict_version, "3")
        message.action_retry()
        self.assertEqual(self.drained().state, "done")
        self.assertEqual(server.asked[-1].headers["if-match"], 'W/"3"')
        self.assertEqual(self.known(country).version, "4")
        self.assertFalse(self.known(country).conflict_version)

    def test_our_own_lost_update_is_no_conflict(self):
        """The answer was lost, the repetition meets its own effect."""
        ours = {}

        def lost(asked):
            ours.update(asked.resource)
            return None, None

        present = {"meta": {"versionId": "2"}, "text": {"status": "generated"}}
        self.serve(
            in_turn(
                created(7, 1),
                lost,
                (412, outcome("conflict")),
                lambda asked: (200, ours | present, {"ETag": 'W/"2"'}),
            ),
            fhir_interaction="update",
        )
        country = self.fire()
        self.dispatch()
        self.drained()
        message = self.again(country)
        self.assertEqual(message.state, "retry")
        self.make_due(message)
        self.assertEqual(self.drained().state, "done")
        self.assertEqual(self.known(country).version, "2")

    def test_what_was_deleted_there_is_made_anew_when_a_person_says_so(self):
        server = self.serve(
            in_turn(created(7, 1), (410, outcome("deleted")), created(8, 1)),
            fhir_interaction="update",
        )
        country = self.fire()
        self.dispatch()
        self.drained()
        message = self.again(country)
        self.assertEqual((message.state, message.error_code), ("dead", "http_410"))
        self.assertFalse(self.fhir.endpoint_disabled)
        self.assertFalse(self.known(country))
        message.action_retry()
        self.assertEqual(self.drained().state, "done")
        self.assertEqual([one.method for one in server.asked], ["POST", "PUT", "POST"])
        self.assertEqual(self.known(country).fhir_id, "8")

    def test_what_was_deleted_there_is_no_conflict_without_end(self):
        server = self.serve(created(7, 1), fhir_interaction="update")
        message = self.sent()
        country = self.env[message.res_model].browse(message.res_id)
        server.answer = in_turn((412, None), (410, None), created(8, 1))
        message = self.again(country)
        self.assertEqual((message.state, message.error_code), ("dead", "http_410"))
        self.assertFalse(self.known(country))
        message.action_retry()
        self.assertEqual(self.drained().state, "done")
        self.assertEqual(server.asked[-1].method, "POST", "it is made anew")

    def test_a_conditional_update(self):
        server = self.serve(
            lambda asked: (200, {"resourceType": "Basic", "id": "9", "meta": {"versionId": "2"}}),
            fhir_interaction="conditional_update",
        )
        message = self.sent()
        self.assertEqual(message.state, "done", message.error_message)
        (asked,) = server.asked
        self.assertEqual(
            (asked.method, asked.path), ("PUT", "/fhir/Basic?identifier=urn%3Aodoo%7CZedland")
        )
        known = self.known(self.env[message.res_model].browse(message.res_id))
        self.assertEqual((known.fhir_id, known.version), ("9", "2"))

    # -- what the mapping says -------------------------------------------------------------

    def test_the_mapping_may_say_the_request(self):
        self.write_as("""{
            request: {method: 'PUT', url: 'Basic/abc', ifMatch: 'W/"5"'},
            resource: {resourceType: 'Basic', code: {text: root.key}}
        }""")
        server = self.serve(lambda asked: (200, None, {"ETag": 'W/"6"'}))
        self.assertEqual(self.sent().state, "done")
        (asked,) = server.asked
        self.assertEqual((asked.method, asked.path), ("PUT", "/fhir/Basic/abc"))
        self.assertEqual(asked.headers["if-match"], 'W/"5"')

    def test_decimals_are_numbers_with_their_digits(self):
        self.write_as("""{
            resourceType: 'Basic', identifier: [{system: 'urn:odoo', value: root.key}],
            extension: [{url: 'urn:odoo:amount', valueDecimal: fhir_decimal('12.50')}],
            code: {text: fhir_urn('order', root.key)}
        }""")
        server = self.serve(created())
        self.assertEqual(self.sent().state, "done")
        self.assertIn(b'"valueDecimal":12.5', server.asked[0].body)
        self.assertTrue(server.asked[0].resource["code"]["text"].startswith("urn:uuid:"))

    def test_a_transaction(self):
        self.write_as("""{
            resourceType: 'Bundle', type: 'transaction', entry: [
                {request: {method: 'POST', url: 'Basic', ifNoneExist: 'identifier=1'},
                 resource: {resourceType: 'Basic', code: {text: root.key}}},
                {request: {method: 'PUT', url: 'Basic?identifier=2'},
                 resource: {resourceType: 'Basic', code: {text: root.key}}}]
        }""")
        made = {
            "resourceType": "Bundle",
            "type": "transaction-response",
            "entry": [
                {"response": {"status": "201 Created", "location": "Basic/1/_history/1"}},
                {"response": {"status": "200 OK", "location": "Basic/2", "etag": 'W/"4"'}},
            ],
        }
        server = self.serve(in_turn((503, None), (200, made)), fhir_interaction="transaction")
        message = self.sent()
        self.assertEqual((message.state, message.error_class), ("retry", "throttled"))
        self.make_due(message)
        self.assertEqual(self.drained().state, "done")
        first, second = server.asked
        self.assertEqual((first.method, first.path), ("POST", "/fhir"))
        places = [one["fullUrl"] for one in first.resource["entry"]]
        self.assertTrue(all(one.startswith("urn:uuid:") for one in places))
        self.assertEqual(first.body, second.body, "a repetition has the same places")
        known = self.known(self.env[message.res_model].browse(message.res_id))
        self.assertEqual(
            {(one.place, one.fhir_id, one.version) for one in known},
            {("#0", "1", "1"), ("#1", "2", "4")},
        )

    def test_a_transaction_that_was_taken_apart_is_not_done(self):
        self.write_as("""{resourceType: 'Bundle', type: 'transaction', entry: [
            {request: {method: 'PUT', url: 'Basic?identifier=2'},
             resource: {resourceType: 'Basic', code: {text: root.key}}}]}""")
        entry = {"response": {"status": "422 Unprocessable Entity"}}
        made = {"resourceType": "Bundle", "type": "batch-response", "entry": [entry]}
        self.serve(lambda _asked: (200, made), fhir_interaction="transaction")
        message = self.sent()
        self.assertEqual((message.state, message.error_code), ("dead", "fhir_entry_refused"))

    def test_what_a_server_calls_records_goes_with_them_when_they_are_merged(self):
        self.serve(created(7, 3))
        message = self.sent()
        country = self.env[message.res_model].browse(message.res_id)
        other = country.create({"name": "Zedland again", "code": "Q1"})
        merging.merge(country, other)
        self.assertFalse(self.known(country))
        self.assertEqual(self.known(other).fhir_id, "7")
        # Who is known himself keeps what he is called.
        merging.merge(country.create({"name": "Third", "code": "Q2"}), other)
        self.assertEqual(self.known(other).fhir_id, "7")
