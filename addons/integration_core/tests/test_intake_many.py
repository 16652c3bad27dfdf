import json

from psycopg2.errors import UndefinedFunction

from odoo.tests import tagged

from odoo.addons.integration_core.engine import (
    acknowledgements,
    intake,
    intake_batch,
    intake_many,
    keys,
)
from odoo.addons.integration_core.tools import array_text, codecs, errors

from .common import EngineCase

TEXTS = [
    "a",
    "",
    "NULL",
    'say "a"',
    'a","b',
    "back\\slash",
    "\\",
    '"',
    "{x}",
    "a,b",
    " blank ",
    "line\nend\ttab",
    "é😀",
    "'quoted'",
    "%s",
]


@tagged("post_install", "-at_install")
class TestIntakeMany(EngineCase):
    """Many messages are one question to the database, whatever is in them."""

    def setUp(self):
        super().setUp()
        self.spec = {**self.inbound._inbound_spec(), "data_class": "clinical"}
        self.ring = keys.optional_ring(self.env.cr)

    def incoming(self, key, content, **also):
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        also = {"content_type": "application/json", "correlation_id": "corr", **also}
        return intake.Incoming(key, None, raw, trace_parent="trace", **also)

    def store(self, incoming, **spec):
        return intake_batch.store(self.env.cr, {**self.spec, **spec}, incoming, self.ring)

    def bodies(self, receipts, kind="received"):
        found = [
            self.message(one.uuid).payload_ids.filtered(lambda one: one.kind == kind)
            for one in receipts
        ]
        return [one._stored()[one.id] if one else None for one in found]

    def test_arrays_come_as_they_were(self):
        for values in (TEXTS, TEXTS[:1], [None, *TEXTS], [*TEXTS, None], []):
            self.env.cr.execute("SELECT %s::text[]", [array_text.of_texts(values)])
            self.assertEqual(self.env.cr.fetchone()[0], values)
        self.env.cr.execute("SELECT %s::integer[]", [array_text.of_integers([1, None, -2])])
        self.assertEqual(self.env.cr.fetchone()[0], [1, None, -2])

    def test_one_statement_for_all(self):
        """Though keys expire, and may be known in clear, and there are answers."""
        answer = acknowledgements.Acknowledgement(b"MSA|AA|1", "text/plain")
        many = [self.incoming(f"k{n}", {"n": n}, acknowledgement=answer) for n in range(8)]
        self.store(many, dedupe_seconds=100)
        more = [self.incoming(f"m{n}", {"n": n}, acknowledgement=answer) for n in range(8)]
        with self.assertQueryCount(1):
            self.store(more, dedupe_seconds=100)

    def test_texts_come_as_they_were(self):
        many = [
            self.incoming(f"key {text}", {"n": n}, correlation_id=text, partition_key=text or None)
            for n, text in enumerate(TEXTS)
        ]
        found = self.store(many, data_class="internal")
        messages = [self.message(one.uuid) for one in found]
        self.assertEqual([one.external_key for one in messages], [f"key {one}" for one in TEXTS])
        self.assertEqual([one.correlation_id or "" for one in messages], TEXTS)
        self.assertEqual([one.partition_key or "" for one in messages], TEXTS)

    def test_each_has_its_own_bytes(self):
        codec = codecs.Codec((codecs.Format(("text/plain",), lambda raw: None),))
        contents = [b"", b"a", b"\0\\'\"" * 3, bytes(range(256)) * 40, b"", b"last"]
        answers = [None, b"one", None, b"", b"two" * 900, None]
        many = [
            self.incoming(
                f"k{n}",
                content,
                acknowledgement=acknowledgements.Acknowledgement(answer, "text/plain")
                if answer is not None
                else None,
            )
            for n, (content, answer) in enumerate(zip(contents, answers, strict=True))
        ]
        found = self.store(many, codec=codec)
        stored = acknowledgements.stored(
            self.env.cr, self.inbound.id, [one.uuid for one in found], self.ring
        )
        self.assertEqual(
            [stored[one.uuid].body if one.uuid in stored else None for one in found], answers
        )
        received = [self.message(one.uuid).payload_ids[:1] for one in found]
        self.assertEqual([one.size for one in received], [len(one) for one in contents])
        many = [self.incoming(f"p{n}", content) for n, content in enumerate(contents)]
        plain = self.bodies(self.store(many, codec=codec, data_class="internal"))
        # The fourth is long, and therefore compressed.
        self.assertEqual([bytes(one) for one in plain[:3] + plain[4:]], contents[:3] + contents[4:])

    def test_bytes_come_as_they_were_whatever_they_mean(self):
        """Texts go as texts, unless one of them is none; places are those of bytes."""
        codec = codecs.Codec((codecs.Format(("text/plain",), lambda raw: None),))
        texts = ["é😀", "it's \\ a 'quote'", "%s %(x)s", "", "tab\tline\n", "€" * 100, "end"]
        for number, odd in enumerate((b"plain", b"a\0b", b"\xff\xfe", b"\xc3", b"\xed\xa0\x80")):
            contents = [*(text.encode() for text in texts), odd]
            many = [self.incoming(f"k{number}/{n}", one) for n, one in enumerate(contents)]
            found = self.store(many, codec=codec, data_class="internal")
            pieces = [self.message(one.uuid).payload_ids for one in found]
            self.assertEqual([piece._stored()[piece.id] for piece in pieces], contents)
            self.assertEqual([piece.size for piece in pieces], [len(one) for one in contents])

    def test_what_is_alike_and_what_is_not(self):
        lists = (["a"] * 3, ["a", None, "b"], [None] * 3, ["a", "", '"'])
        for number, types in enumerate(lists):
            many = [
                self.incoming(f"k{number}/{n}", {"n": n}, content_type=f"text/{kind or 'x'}")
                for n, kind in enumerate(types)
            ]
            for one, kind in zip(many, types, strict=True):
                one.message_type = kind
            found = self.store(many, data_class="internal", message_type="of the interface")
            messages = [self.message(one.uuid) for one in found]
            self.assertEqual(
                [one.message_type for one in messages],
                [kind or "of the interface" for kind in types],
            )
            self.assertEqual(
                [one.payload_ids.content_type for one in messages],
                ["" if kind == '"' else f"text/{kind or 'x'}" for kind in types],
            )

    def test_errors_and_answers_of_some(self):
        """What few have does not move to others."""
        error = errors.ContractError("It is not right.", code="not_right")
        answer = acknowledgements.Acknowledgement(b"MSA|AA|1", "text/plain")
        many = [self.incoming(f"k{n}", {"n": n}) for n in range(5)]
        many[1].error = error
        many[2].acknowledgement = answer
        many[3].compared = b"what counts"
        for data_class in ("internal", "clinical"):
            for one in many:
                one.external_key += data_class
            found = self.store(many, data_class=data_class)
            messages = [self.message(one.uuid) for one in found]
            self.assertEqual(
                [one.state for one in messages],
                ["queued", "quarantined", "queued", "queued", "queued"],
            )
            codes = [one.error_code or "" for one in messages]
            self.assertEqual(codes, ["", "not_right", "", "", ""])
            self.assertTrue(messages[1].error_fingerprint)
            idle = [one.lane is None for one in found]
            self.assertEqual(idle, [False, True, False, False, False])
            kinds = [one.payload_ids.mapped("kind") for one in messages]
            self.assertEqual([len(one) for one in kinds], [1, 1, 2, 1, 1])
            again = self.store(many, data_class=data_class)
            self.assertEqual([one.uuid for one in again], [one.uuid for one in found])
            self.assertEqual({one.outcome for one in again}, {"duplicate"})

    def test_only_what_is_new_gets_an_id(self):
        some, all_ = (
            [self.incoming(f"k{n}", {"n": n}) for n in numbers] for numbers in ((1, 3), range(5))
        )
        self.store(some, data_class="internal")
        found = self.store(all_, data_class="internal")
        self.assertEqual(
            [one.outcome for one in found],
            ["stored", "duplicate", "stored", "duplicate", "stored"],
        )
        self.assertEqual(
            [json.loads(self.message(one.uuid).payload_ids.content)["n"] for one in found],
            [0, 1, 2, 3, 4],
        )

    def test_keys_in_clear_and_repeated_ones_leave_the_order(self):
        self.store([self.incoming("visit-2", {"n": 2})], data_class="internal")
        many = [self.incoming(f"visit-{n}", {"n": n}) for n in (1, 2, 3, 1, 4)]
        found = self.store(many)
        self.assertEqual(found[0].uuid, found[3].uuid)
        self.assertEqual(
            [one.outcome for one in found], ["stored", "duplicate", "stored", "duplicate", "stored"]
        )
        ids = [self.message(found[n].uuid).id for n in (0, 2, 4)]
        self.assertEqual(ids, sorted(ids))

    def test_no_table_is_read_as_a_whole(self):
        """Nor does it matter that statistics call the tables empty."""
        self.env.cr.execute("TRUNCATE integration_idempotency")
        self.store([self.incoming("first", {"n": 0})], dedupe_seconds=100)
        before = self.scans()
        self.assertTrue(before)
        # From the sixth call on a plan is kept that knows nothing of its values.
        for number in range(10):
            many = [self.incoming(f"k{number}/{n}", {"n": n}) for n in range(3)]
            self.store(many, dedupe_seconds=100)
        self.assertEqual(self.scans(), before)

    def test_what_a_message_costs_does_not_grow_with_what_is_known(self):
        """Not even by plans that were made, and are kept, when there were few keys."""
        self.env.cr.execute("TRUNCATE integration_idempotency")
        self.store([self.incoming(f"old/{n}", {"n": n}) for n in range(8)], dedupe_seconds=100)
        self.env.cr.execute("ANALYZE integration_idempotency")
        for number in range(60):
            many = [self.incoming(f"k{number}/{n}", {"n": n}) for n in range(8)]
            self.store(many, dedupe_seconds=100)
        before = self.fetched()
        self.store([self.incoming(f"new/{n}", {"n": n}) for n in range(8)], dedupe_seconds=100)
        self.assertLess(self.fetched() - before, 100)

    def fetched(self):
        self.env.cr.execute(
            "SELECT idx_tup_fetch + seq_tup_read FROM pg_stat_xact_user_tables"
            " WHERE relname = 'integration_idempotency'"
        )
        return self.env.cr.fetchone()[0]

    def scans(self):
        self.env.cr.execute(
            "SELECT relname, seq_scan FROM pg_stat_xact_user_tables WHERE relname IN "
            "('integration_idempotency', 'integration_message', 'integration_payload')"
        )
        return dict(self.env.cr.fetchall())

    def test_the_function_is_made_anew(self):
        intake_many.create(self.env.cr)
        intake_many.create(self.env.cr)
        self.assertEqual(len(self.store([self.incoming("k", {"n": 1})])), 1)

    def test_other_parameters_have_another_number(self):
        """A program of the version before must not find a function that takes something else."""
        self.assertEqual((intake_many.NUMBER, intake_many.signature()), (2, "2ac690105f82293a"))

    def test_a_function_that_is_not_there_is_told_apart(self):
        intake_many.drop(self.env.cr)
        with self.assertRaises(UndefinedFunction):
            self.store([self.incoming("k", {"n": 1})])
        self.assertIn(UndefinedFunction, intake_many.OUTDATED)
