"""The clock of a database, which a test sets forwards and backwards under all that runs on it."""

from dataclasses import dataclass

from tests.harness import Database

# Names without a schema are looked for in "public" first, so that these are what every statement
# means which calls now() or clock_timestamp(), of whichever process.
_INSTALL = (
    "CREATE TABLE public.e2e_clock (ahead interval NOT NULL)",
    "INSERT INTO public.e2e_clock VALUES ('0')",
    """
    CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql STABLE AS
    'SELECT pg_catalog.now() + (SELECT ahead FROM public.e2e_clock)'
    """,
    """
    CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
    'SELECT pg_catalog.clock_timestamp() + (SELECT ahead FROM public.e2e_clock)'
    """,
)


@dataclass(frozen=True)
class Clock:
    """The database's clock, by which leases, retries and seals go.

    That of Odoo's processes stays, as it does where the database has a machine of its own.
    """

    database: Database

    @classmethod
    def install(cls, database: Database) -> "Clock":
        """Prepare a database; connections that are made from now on go by its new clock."""
        for statement in _INSTALL:
            database.sql(statement)
        database.sql(f'ALTER DATABASE "{database.name}" SET search_path = public, pg_catalog')
        database.reconnect()
        clock = cls(database)
        for seconds in (3600, 0):
            clock.set(seconds)
            shown = database.scalar("SELECT extract(epoch FROM now() - pg_catalog.now())::int")
            assert shown == seconds
        return clock

    def set(self, seconds: float) -> None:
        """Let it be so much ahead of the true time from now on."""
        self.database.sql(
            "UPDATE public.e2e_clock SET ahead = make_interval(secs => %s)", [seconds]
        )
