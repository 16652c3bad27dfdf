"""By which indexes the database finds what a search of partners asks for."""

from unittest.mock import patch

from .fhir_reader import FhirReader


class FhirPlans(FhirReader):
    """For cases: plans of the statements of a search, as if its tables were large."""

    def plans(self, path, query):
        """The plans, one below the other."""
        self.ask(path, query)  # what is read once and kept is no part of it
        self.env.flush_all()
        self.env.invalidate_all()
        statements = []
        execute = type(self.env.cr).execute

        def note(cr, statement, *arguments, **options):
            statements.append(cr.mogrify(statement, *arguments[:1]))
            return execute(cr, statement, *arguments, **options)

        # A poll of a few records would be answered by reading all of them.
        for name in ("enable_seqscan", "enable_sort", "enable_incremental_sort"):
            self.env.cr.execute(f"SET LOCAL {name} = off")
        with patch.object(type(self.env.cr), "execute", note):
            self.ask(path, query)
        found = []
        for statement in statements:
            if statement.lstrip().upper().startswith(b"SELECT"):
                self.env.cr.execute(b"EXPLAIN " + statement)
                found += [line for (line,) in self.env.cr.fetchall()]
        return "\n".join(found)

    def assert_index(self, path, query, *names):
        found = self.plans(path, query)
        for name in names:
            self.assertIn(name, found, f"{path}?{query}\n{found}")
