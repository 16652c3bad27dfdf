from collections import defaultdict

from odoo import models
from odoo.fields import Domain

from odoo.addons.integration_core.engine.duplicates import POSSIBLE, PossibleDuplicate
from odoo.addons.integration_core.engine.newest import Newest, Saying
from odoo.addons.integration_core.tools import errors


class IntegrationHandlerMaster(models.AbstractModel):
    """Master data as another system keeps it: records are created or brought up to date.

    A record is known by the identifier that the system uses (``number``), never by its name. One
    that comes under a new identifier is looked for by what two things of the real world do not
    share: a barcode, a VAT number, a reference. If that leads to exactly one record that the system
    does not know yet, and nothing speaks against it, this is the one. Everything else is for a
    person to decide (:class:`PossibleDuplicate`).

    What a message does not name stays as it is; what it names as null is emptied. One that is older
    than what the system said of the record already changes nothing (:mod:`.newest`).
    """

    _name = "integration.handler.master"
    _inherit = "integration.handler.procurement"
    _description = "Master data: create or update"

    # The number says what is meant, and writing the same values again changes nothing.
    _repeatable = True
    _latest_suffices = True
    _batch_size = 500

    #: Model of the records.
    _master_model: str = ""

    def _master(self):
        """The model of the records, for creating them.

        Without “created” in each chatter and without the service user as a follower, who reads
        nothing: the record's timeline of messages tells where it came from.
        """
        return self.env[self._master_model].with_context(
            mail_create_nolog=True, mail_create_nosubscribe=True
        )

    def _process(self, received, data):
        return self._upsert([(received, data)])[0]

    def _process_batch(self, messages):
        return self._upsert(messages)

    # ------------------------------------------------------------------
    # what handlers say
    # ------------------------------------------------------------------

    def _values(self, received, documents):
        """What the messages say of their records.

        :param documents: data of messages of one system
        :return: for each of them, in the same order, values for ``write``
        """
        raise NotImplementedError

    def _defaults(self, data):
        """Values of a new record beside those of its message."""
        return {}

    def _marks(self, data):
        """What nothing else shares with what a message is about.

        :return: ``{field: value}``, without empty values, in the spelling of :meth:`_spelt`
        """
        raise NotImplementedError

    def _spelt(self, name, value):
        """What all spellings of a mark have in common.

        :param name: the field
        """
        return value

    def _marked(self, name, values) -> Domain:
        """Records with one of these marks, in whatever spelling, and maybe some others."""
        return Domain(name, "in", list(values))

    def _kind_domain(self) -> Domain:
        """Which records of the model are meant at all."""
        return Domain.TRUE

    def _complete(self, received, records, documents):
        """Do what remains when the records have their values.

        :param records: a list, a record for each of ``documents``
        """

    # ------------------------------------------------------------------
    # the upsert
    # ------------------------------------------------------------------

    def _upsert(self, messages):
        received = messages[0][0]
        links = self.env["integration.record.link"]
        known = links._find_records(
            received.system_id, self._master_model, {data["number"] for _one, data in messages}
        )
        said = [Saying(one, data["number"], data.get("issued_at")) for one, data in messages]
        newest = Newest(self.env[self._master_model], said, known)
        if newest.counting:
            documents = [messages[place][1] for place in newest.counting]
            self._apply(received, documents, known)
            newest.remember()
        newest.note(known)
        return [known[data["number"]] for _one, data in messages]

    def _apply(self, received, documents, known):
        """Create or update the records of messages.

        :param known: records by number; gets those that are found or created
        """
        found = self._recognise(received, documents, known)
        known.update(found)
        pairs = list(zip(documents, self._values(received, documents), strict=True))
        created = self._create_missing([one for one in pairs if one[0]["number"] not in known])
        self.env["integration.record.link"]._link_all(received.system_id, {**found, **created})
        self._update(
            [(known[data["number"]], said) for data, said in pairs if data["number"] in known]
        )
        known.update(created)
        self._complete(received, [known[data["number"]] for data in documents], documents)

    def _create_missing(self, pairs):
        """Create what is not known, all at once.

        :param pairs: data of messages, each with its values
        :return: records by number
        """
        if not pairs:
            return {}
        model, new = self._master(), {}
        for data, said in pairs:
            if data["number"] not in new:
                new[data["number"]] = self._own_defaults(model, data)
            new[data["number"]].update(said)  # the later message wins
        created = model.create(list(new.values())).with_env(self.env)
        return dict(zip(new, created, strict=True))

    def _own_defaults(self, model, data):
        """Defaults as far as the service user may set them: a message does not ask for them."""
        return {
            name: value
            for name, value in self._defaults(data).items()
            if model._has_field_access(model._fields[name], "write")
        }

    def _update(self, pairs):
        """Write what differs. What is the same already costs nothing, and makes no event.

        :param pairs: records, which may occur more than once, each with its values
        """
        wanted = defaultdict(dict)
        for record, said in pairs:
            wanted[record].update(said)  # the later message wins, by whatever number
        self._prefetch(self.env[self._master_model].union(*wanted))
        for record, values in wanted.items():
            changed = {
                name: value
                for name, value in values.items()
                if record._fields[name].convert_to_write(record[name], record) != value
            }
            if changed:
                record.write(changed)

    def _prefetch(self, records):
        """Read what writing on ``records`` one by one would read one by one, after a flush each."""

    # ------------------------------------------------------------------
    # recognising what exists
    # ------------------------------------------------------------------

    def _recognise(self, received, documents, known):
        """What exists in Odoo, but is not known to the system.

        :return: records by number
        :raises PossibleDuplicate: only a person can tell
        """
        new = {data["number"]: data for data in documents if data["number"] not in known}
        if not new:
            return {}
        apart = self.env["integration.duplicate"]._kept_apart(
            received.system_id, self._master_model, new
        )
        by_mark = self._by_mark(new.values())
        taken = self._taken(received, by_mark)
        found, seen = {}, set()
        for number, data in new.items():
            marks = set(self._marks(data).items())
            alike = self.env[self._master_model].union(*(by_mark[mark] for mark in marks))
            if number in apart:
                self._refuse_apart(number, self._excludes(alike, data))
                continue
            if alike:
                self._refuse_doubtful(number, data, alike, taken)
                found[number] = alike
                taken |= alike
            elif marks & seen:
                # one by one, the second of the two meets the record of the first
                raise errors.ConflictError(
                    "Two new identifiers have the same barcode, reference or VAT number.",
                    code=POSSIBLE,
                )
            seen |= marks
        return found

    def _excludes(self, alike, data):
        """Records beside which Odoo does not let there be what a message is about.

        :param alike: records that share a mark with it
        """
        return alike.browse()

    def _refuse_apart(self, number, excluding):
        """:raises PossibleDuplicate: a person said that it is of its own, which Odoo refuses"""
        if excluding:
            raise PossibleDuplicate(
                "It cannot be a record of its own: a record in Odoo has the same barcode, and Odoo "
                "lets no two have it. Open the possible duplicate and link the identifier to that "
                "record, or correct the barcode on it and say again that this is of its own.",
                excluding,
                number,
            )

    def _by_mark(self, documents):
        """Records by mark (field and value), of all that messages name."""
        wanted = defaultdict(set)
        for data in documents:
            for name, value in self._marks(data).items():
                wanted[name].add(value)
        # Archived ones as well: they are not to be created once more.
        model = self.env[self._master_model].with_context(active_test=False)
        found = defaultdict(lambda: self.env[self._master_model])
        if not wanted:
            return found
        domain = Domain.OR(self._marked(name, values) for name, values in wanted.items())
        for record in model.search(domain & self._company_domain() & self._kind_domain()):
            for name in wanted:
                if record[name]:
                    mark = name, self._spelt(name, record[name])
                    found[mark] |= record.with_env(self.env)
        return found

    def _contradicts(self, record, data):
        """Whether a record that shares a mark cannot be what the message is about."""
        return any(
            record[name] and self._spelt(name, record[name]) != mark
            for name, mark in self._marks(data).items()
        )

    def _taken(self, received, by_mark):
        """Records that the system knows by another identifier."""
        model = self.env[self._master_model]
        alike = model.union(*by_mark.values())
        if not alike:
            return alike
        # sudo: under which names a system knows records is no secret to its own interface
        links = self.env["integration.record.link"].sudo()
        named = links.search_fetch(
            [
                ("system_id", "=", received.system_id),
                ("res_model", "=", self._master_model),
                ("res_id", "in", alike.ids),
            ],
            ["res_id"],
        )
        return model.browse(named.mapped("res_id"))

    def _refuse_doubtful(self, number, data, alike, taken):
        if len(alike) > 1:
            said = "Several records in Odoo have the barcode, reference or VAT number of this one."
        elif alike & taken:
            said = (
                "The system knows a record with the same barcode, reference or VAT number by "
                "another identifier."
            )
        elif self._contradicts(alike, data):
            said = "A record in Odoo has some, but not all of the marks of this one."
        else:
            return
        raise PossibleDuplicate(
            said,
            alike,
            number,
        )
