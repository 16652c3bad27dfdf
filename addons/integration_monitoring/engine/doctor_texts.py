"""What the doctor says, in the language of whoever asks."""

from typing import NamedTuple


class Text(NamedTuple):
    """A sentence about what was found, and one about how to mend it; empty: nothing to do.

    Facts of the verdict stand in them as ``%(name)s``.
    """

    found: str
    mend: str = ""


def texts(env):
    """The sentences of :data:`..tools.doctor.CODES`."""
    return {**_server(env), **_jobs(env), **_secrets(env), **_database(env)}


def _server(env):
    return {
        "database": Text(env._("The database is named, and no filter is set.")),
        "database.filter": Text(
            env._("A database filter is set: %(filter)s"),
            env._(
                "Remove dbfilter from odoo.conf and name the database with db_name. With a filter "
                "each request of a partner first lists all databases over a new connection, which "
                "takes four fifths of the throughput."
            ),
        ),
        "database.unnamed": Text(
            env._("The server is not told which one database it serves."),
            env._(
                "Set db_name in odoo.conf to one database. Requests of partners carry no session, "
                "so Odoo cannot know which database they mean."
            ),
        ),
        "database.listed": Text(
            env._("Strangers may list the databases of this server."),
            env._("Set list_db = False in odoo.conf."),
        ),
        "workers": Text(env._("%(workers)s workers for %(jobs)s jobs at once.")),
        "workers.threads": Text(
            env._("Odoo runs in one process with threads (workers = 0)."),
            env._(
                "Good for trying it. In production set workers in odoo.conf to more than the "
                "capacity of the root channel of queue_job (%(jobs)s), and let a proxy lead "
                "/websocket to gevent_port."
            ),
        ),
        "workers.few": Text(
            env._("%(workers)s workers, and up to %(jobs)s jobs at once."),
            env._(
                "Set workers in odoo.conf above the capacity of the root channel. Jobs run in the "
                "same workers that answer people and partners: when all are busy with jobs, "
                "nobody gets an answer."
            ),
        ),
        "proxy": Text(env._("Headers of proxies are read as the proxies are named.")),
        "proxy.mode_off": Text(
            env._("Proxies are named, but Odoo does not read their headers."),
            env._("Set proxy_mode = True in odoo.conf, or remove trusted_proxies."),
        ),
        "proxy.untrusted": Text(
            env._("proxy_mode is on, and no proxy is named."),
            env._(
                "Name your reverse proxies in trusted_proxies of the section [integration]. Until "
                "then the proxy counts as the sender, and lists of admitted addresses are compared "
                "with it. Without a proxy, set proxy_mode = False: strangers could forge headers."
            ),
        ),
        "timeouts": Text(env._("Requests may last longer than partners may take.")),
        "timeouts.long": Text(
            env._("A partner may take %(longest)s s, a request %(limit)s s."),
            env._(
                "Set limit_time_real in odoo.conf above the longest total timeout of your "
                "policies, or lower that one: Odoo ends a worker in the middle of a call else."
            ),
        ),
        "environment": Text(env._("This environment is named: %(name)s.")),
        "environment.unnamed": Text(
            env._("This environment has no name."),
            env._(
                "Set environment in the section [integration], such as production. Then a copy of "
                "the database on a test server holds its traffic by itself."
            ),
        ),
        "state.unwritable": Text(
            env._("The folder outside the database cannot be written."),
            env._(
                "Let Odoo's account write state_dir (see [integration] in odoo.conf). Without it "
                "a restore of an old backup goes unnoticed."
            ),
        ),
        "disk.full": Text(
            env._("%(percent)s %% of the disk is free."),
            env._("Make room where data_dir lies. Nothing is accepted that cannot be stored."),
        ),
        "health.not_loaded": Text(
            env._("Health is not told while the database is away."),
            env._("Add integration_monitoring to server_wide_modules in odoo.conf."),
        ),
    }


def _jobs(env):
    return {
        "channels.unreadable": Text(
            env._("The channels of queue_job cannot be read."),
            env._("Mend channels in the section [queue_job]; odoo.conf.example has good ones."),
        ),
        "channels.none": Text(
            env._("This server runs no jobs (root:0)."),
            env._(
                "Set channels in the section [queue_job] as odoo.conf.example has it, unless "
                "another server of this database runs them."
            ),
        ),
        "channels.background": Text(
            env._("Background work may take all %(jobs)s slots for jobs."),
            env._(
                "Set root.integration_background (now %(background)s) below root, so that one "
                "slot is always left for what is urgent."
            ),
        ),
        "runner": Text(env._("The job runner is at work.")),
        "runner.not_loaded": Text(
            env._("The job runner is not started with this server."),
            env._("Add queue_job to server_wide_modules in odoo.conf and restart Odoo."),
        ),
        "runner.unseen": Text(
            env._("The job runner has never been seen at work."),
            env._(
                "Look for “queue job runner ready” in the log. It reaches Odoo at host and port of "
                "the section [queue_job], and needs one worker that is free."
            ),
        ),
        "runner.down": Text(
            env._("The job runner was last seen at work %(seconds)s s ago."),
            env._("Restart Odoo, and look into its log for “jobrunner”."),
        ),
        "runner.slow": Text(
            env._("A job that is due has waited for %(seconds)s s."),
            env._("Raise workers and the channels of queue_job, or look for jobs that hang."),
        ),
        "crons": Text(env._("Scheduled actions run in time.")),
        "crons.none": Text(
            env._("No process runs scheduled actions."),
            env._("Set max_cron_threads to 1 or more in odoo.conf."),
        ),
        "crons.late": Text(
            env._("A scheduled action of the suite is %(seconds)s s late."),
            env._("Look into the log for actions that take long, or raise max_cron_threads."),
        ),
    }


def _secrets(env):
    ring = env._("docs/keys.md says how to make one, and why to keep a copy apart.")
    return {
        "key_ring": Text(env._("The key ring can be read.")),
        "key_ring.missing": Text(
            env._("There is no key ring: secrets and clinical content cannot be stored."), ring
        ),
        "key_ring.unreadable": Text(env._("The key ring cannot be read: %(problem)s"), ring),
        "audit_key": Text(env._("The key that seals the audit trail can be read.")),
        "audit_key.missing": Text(
            env._("The audit trail is not sealed: there is no audit key."),
            env._("Set audit_key_file in the section [integration] (docs/audit.md)."),
        ),
        "audit_key.unreadable": Text(
            env._("The audit key cannot be read: %(problem)s"),
            env._("Mend audit_key_file in the section [integration] (docs/audit.md)."),
        ),
    }


def _database(env):
    return {
        "clock": Text(env._("The clocks of Odoo and of PostgreSQL agree.")),
        "clock.off": Text(
            env._("The clock of Odoo differs from that of PostgreSQL by %(seconds)s s."),
            env._(
                "Let NTP set the clocks of both machines. Signatures of webhooks are valid for "
                "minutes, and leases of messages for seconds."
            ),
        ),
        "postgres": Text(env._("PostgreSQL allows all connections that Odoo may open.")),
        "postgres.connections": Text(
            env._("Odoo may open %(wanted)s connections; PostgreSQL allows %(allowed)s."),
            env._("Raise max_connections in postgresql.conf, or lower db_maxconn in odoo.conf."),
        ),
        "postgres.idle_timeout": Text(
            env._("PostgreSQL ends transactions that are idle for %(seconds)s s."),
            env._(
                "Set idle_in_transaction_session_timeout = 0: the transaction of a job is idle "
                "while the job waits for partners."
            ),
        ),
        "postgres.not_durable": Text(
            env._("PostgreSQL may lose what it has committed."),
            env._("Switch on fsync, full_page_writes and synchronous_commit in postgresql.conf."),
        ),
        "postgres.statements": Text(
            env._("PostgreSQL writes failed statements into its log (%(level)s)."),
            env._(
                "Set log_min_error_statement = panic and log_error_verbosity = terse: such "
                "statements can hold numbers of visits (docs/security.md)."
            ),
        ),
    }
