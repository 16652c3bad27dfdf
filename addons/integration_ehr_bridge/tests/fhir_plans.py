"""By which indexes the database finds what a search of partners asks for."""

from unittest.mock import patch

from .fhir_reader import FhirReader

_ORDERED = ("enable_seqscan", "enable_sort", "enable_incremental_sort")
_FOUND = ("enable_seqscan", "enable_indexscan", "enable_indexonlyscan")


class FhirPlans(FhirReader):
    """For cases: plans of the statements of a search, as if its tables were large."""

    def plans(self, path, query, *, ordered=True):
        """The plans, one below the other.

        :param ordered: whether the order is to come from an index; else the conditions do
        """
        self.ask(path, query)  # what is read once and kept is no part of it
        self.env.flush_all()
        self.env.invalidate_all()
        statements = []
        execute = type(self.env.cr).execute

        def note(cr, statement, *arguments, **options):
            statements.append(cr.mogrify(statement, *arguments[:1]))
            return execute(cr, statement, *arguments, **options)

        # A search of a few records would be answered by reading all of them.
        off = _ORDERED if ordered else _FOUND
        for name in {*_ORDERED, *_FOUND}:
            self.env.cr.execute(f"SET LOCAL {name} = {'off' if name in off else 'on'}")
        with patch.object(type(self.env.cr), "execute", note):
            self.ask(path, query)
        found = []
        for statement in statements:
            if statement.lstrip().upper().startswith(b"SELECT"):
                self.env.cr.execute(b"EXPLAIN " + statement)
                found += [line for (line,) in self.env.cr.fetchall()]
        return "\n".join(found)

    def assert_index(self, path, query, *names, ordered=True):
        found = self.plans(path, query, ordered=ordered)
        for name in names:
            self.assertIn(name, found, f"{path}?{query}\n{found}")
