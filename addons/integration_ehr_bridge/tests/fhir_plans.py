"""By which indexes the database finds what a search of partners asks for."""

from unittest.mock import patch

from .fhir_reader import FhirReader

#: Copies of a record, so many that the database does not just read all of them.
MANY = 3000
#: Without these the order of a few records comes from an index as well.
_SORTS = ("enable_seqscan", "enable_sort", "enable_incremental_sort")


class FhirPlans(FhirReader):
    """For cases: plans of the statements of a search, as if its tables were large."""

    def copies(self, record, **changed):
        """Have many of a record.

        :param changed: SQL of columns that differ, of the number ``n`` of the copy
        """
        self.env.flush_all()
        table, cr = record._table, self.env.cr
        cr.execute(
            "SELECT column_name FROM information_schema.columns "
            "WHERE table_schema = current_schema AND table_name = %s AND column_name <> 'id'",
            [table],
        )
        names = [name for (name,) in cr.fetchall()]
        values = ", ".join(changed.get(name, f'"{name}"') for name in names)
        columns = ", ".join(f'"{name}"' for name in names)
        # pylint: disable-next=sql-injection
        cr.execute(
            f"INSERT INTO {table} ({columns}) SELECT {values} "
            f"FROM {table}, generate_series(1, {MANY}) n WHERE {table}.id = %s",
            [record.id],
        )
        cr.execute(f"ANALYZE {table}")  # pylint: disable=sql-injection
        self.env.invalidate_all()

    def plans(self, path, query, *, ordered):
        """The plans, one below the other.

        :param ordered: whether the order is to come from an index
        """
        self.ask(path, query)  # what is read once and kept is no part of it
        self.env.flush_all()
        self.env.invalidate_all()
        statements = []
        execute = type(self.env.cr).execute

        def note(cr, statement, *arguments, **options):
            statements.append(cr.mogrify(statement, *arguments[:1]))
            return execute(cr, statement, *arguments, **options)

        for name in _SORTS:
            # pylint: disable-next=sql-injection
            self.env.cr.execute(f"SET LOCAL {name} = {'off' if ordered else 'on'}")
        with patch.object(type(self.env.cr), "execute", note):
            self.ask(path, query)
        found = []
        for statement in statements:
            if statement.lstrip().upper().startswith(b"SELECT"):
                # pylint: disable-next=sql-injection
                self.env.cr.execute(b"EXPLAIN " + statement)
                found += [line for (line,) in self.env.cr.fetchall()]
        return "\n".join(found)

    def assert_index(self, path, query, *names, ordered=True):
        found = self.plans(path, query, ordered=ordered)
        for name in names:
            self.assertIn(name, found, f"{path}?{query}\n{found}")
