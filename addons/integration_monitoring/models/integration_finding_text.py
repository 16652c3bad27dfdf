from odoo import api, models

from ..tools.findings import Signal
from ..tools.traffic_profile import Basis


class IntegrationFindingText(models.AbstractModel):
    """What was found out, as sentences in the reader's language: what, why this, what to do.

    Findings are numbers (:mod:`..tools.findings`); here is the one place that puts them into
    words, for incidents, lights, notices and screens. Nothing of a message is in either.
    """

    _name = "integration.finding.text"
    _description = "Findings in Words"

    @api.model
    def _sentence(self, signal, facts):
        """What is wrong and which numbers say so.

        :param signal: :class:`..tools.findings.Signal`, or its value
        :param facts: of the finding; what is missing is left out of the sentence
        """
        signal = Signal(signal)
        facts = dict(facts or {})
        if not facts:
            return self._plain(signal)
        writer = getattr(self, f"_sentence_{signal.value}")
        try:
            return writer(facts)
        except (KeyError, TypeError, ValueError):
            # facts that an older version has stored
            return self._plain(signal)

    @api.model
    def _plain(self, signal):
        """What a signal is about, without numbers."""
        return {
            Signal.VOLUME_HIGH: self.env._("More messages than usual at this hour."),
            Signal.VOLUME_LOW: self.env._("Fewer messages than usual at this hour."),
            Signal.SILENCE: self.env._("Nothing has come for longer than chance explains."),
            Signal.AVAILABILITY: self.env._("Failures use up the budget of the objective."),
            Signal.LATENCY: self.env._("Slowness uses up the budget of the objective."),
            Signal.RECOVERY: self.env._("It has not been healed within the agreed time."),
            Signal.DURABILITY: self.env._("Acknowledged messages were not kept."),
            Signal.QUEUE_AGE: self.env._("Messages wait for longer than agreed."),
            Signal.DEAD_LETTER: self.env._("Messages were given up."),
            Signal.DUPLICATES: self.env._("Most of what comes is known already."),
            Signal.ERROR_GROUP: self.env._("A kind of failure is new, or has come back."),
            Signal.BREAKER_OPEN: self.env._("The circuit breaker is open: nothing is sent."),
            Signal.LISTENER_DOWN: self.env._("The listener is down: partners cannot deliver."),
            Signal.RUNNER_DOWN: self.env._("The job runner is down: nothing is worked off."),
            Signal.PROBE_FAILED: self.env._("The partner does not answer probes."),
            Signal.EXPIRY: self.env._("A secret or a certificate ends."),
            Signal.RETENTION: self.env._("Retention does not remove what it should."),
            Signal.AUDIT_CHAIN: self.env._("The audit trail does not verify."),
            Signal.DATABASE: self.env._("PostgreSQL is near one of its limits."),
        }[signal]

    # -- traffic ---------------------------------------------------------------------------

    def _sentence_volume_high(self, facts):
        return self.env._(
            "%(count)s messages in %(time)s, where %(usual)s are usual. %(why)s",
            **self._volume(facts),
        )

    def _sentence_volume_low(self, facts):
        return self.env._(
            "Only %(count)s messages in %(time)s, where %(usual)s are usual. %(why)s",
            **self._volume(facts),
        )

    def _volume(self, facts):
        return {
            "count": facts["count"],
            "time": self._duration(facts["minutes"] * 60),
            "usual": round(facts["usual"]) if facts["usual"] >= 10 else facts["usual"],
            "why": self._volume_why(facts),
        }

    def _volume_why(self, facts):
        basis = self._basis(facts["basis"], facts["occurrences"])
        if facts["test"] == "poisson":
            return self.env._(
                "Chance gives that in one of %(times)s cases (%(basis)s).",
                times=f"{round(1 / facts['score']):,}" if facts["score"] > 0 else "1,000,000,000",
                basis=basis,
            )
        return self.env._(
            "That is %(score).1f times the usual deviation (%(basis)s).",
            score=abs(facts["score"]),
            basis=basis,
        )

    def _basis(self, basis, occurrences):
        return {
            Basis.HOUR_OF_WEEK: self.env._("by %s weeks of this hour of the week", occurrences),
            Basis.SIMILAR_DAYS: self.env._("by this hour of %s similar days", occurrences),
            Basis.HOUR_OF_DAY: self.env._("by this hour of %s days", occurrences),
            Basis.OVERALL: self.env._("by %s hours of any kind", occurrences),
            Basis.NOTHING: self.env._("nothing is known"),
        }[Basis(basis)]

    def _sentence_silence(self, facts):
        return self.env._(
            "Nothing has come for %(time)s, where %(expected)s messages or bursts were to be "
            "expected. Chance explains that with a probability of %(chance)s; it is told below "
            "%(limit)s.",
            time=self._duration(facts["seconds"]),
            expected=round(facts["expected"]),
            chance=f"{facts['chance']:.1g}",
            limit=f"{2.718281828 ** -facts['limit']:.1g}",
        )

    # -- objectives ------------------------------------------------------------------------

    def _sentence_availability(self, facts):
        return self.env._(
            "%(bad)s of %(total)s attempts failed in %(long)s: that uses up the budget "
            "%(burn).1f times as fast as %(target)s %% allow for, and %(now).1f times in the last "
            "%(short)s. It is told from %(limit)s on.",
            **self._burn(facts),
        )

    def _sentence_latency(self, facts):
        return self.env._(
            "%(bad)s of %(total)s messages took longer than %(threshold)s in %(long)s: that uses "
            "up the budget %(burn).1f times as fast as %(target)s %% allow for, and %(now).1f "
            "times in the last %(short)s. It is told from %(limit)s on.",
            threshold=self._duration(facts["threshold"]),
            **self._burn(facts),
        )

    def _burn(self, facts):
        return {
            "bad": facts["long_bad"],
            "total": facts["long_total"],
            "long": self._duration(facts["long_seconds"]),
            "short": self._duration(facts["short_seconds"]),
            "burn": facts["long_burn"],
            "now": facts["short_burn"],
            "target": f"{100 * facts['target']:.6g}",
            "limit": facts["limit"],
        }

    def _sentence_recovery(self, facts):
        return self.env._(
            "It has been in trouble for %(time)s; %(allowed)s were agreed.",
            time=self._duration(facts["seconds"]),
            allowed=self._duration(facts["allowed"]),
        )

    def _sentence_durability(self, facts):
        return self.env._(
            "%(lost)s of %(total)s acknowledged messages of %(days)s days are dead letters that "
            "nobody has handled within a day; %(target)s %% were to be kept.",
            lost=facts["lost"],
            total=facts["acknowledged"],
            days=facts["days"],
            target=f"{100 * facts['target']:.6g}",
        )

    # -- plain readings --------------------------------------------------------------------

    def _sentence_queue_age(self, facts):
        return self.env._(
            "The oldest message has waited for %(time)s; %(allowed)s are allowed.",
            time=self._duration(facts["seconds"]),
            allowed=self._duration(facts["allowed"]),
        )

    def _sentence_dead_letter(self, facts):
        time = self._duration(facts["seconds"])
        if facts["count"] == 1:
            return self.env._("A message was given up and waits for somebody, for %s.", time)
        return self.env._(
            "%(count)s messages were given up and wait for somebody, the first of them for "
            "%(time)s.",
            count=facts["count"],
            time=time,
        )

    def _sentence_duplicates(self, facts):
        return self.env._(
            "%(count)s messages of the last %(time)s were known already, and %(new)s were new.",
            count=facts["count"],
            new=facts["new"],
            time=self._duration(facts["seconds"]),
        )

    def _sentence_error_group(self, facts):
        return self.env._(
            "Kinds of failure that are new: %(new)s, that have come back: %(regressed)s, messages "
            "that they hit: %(messages)s.",
            new=facts["new"],
            regressed=facts["regressed"],
            messages=facts["messages"],
        )

    def _sentence_breaker_open(self, facts):
        if facts["state"] == "half_open":
            return self.env._(
                "The circuit breaker tries whether the partner is back; all else waits."
            )
        return self.env._(
            "The circuit breaker is open because too many attempts failed: nothing is sent."
        )

    def _sentence_listener_down(self, facts):
        return self.env._(
            "The listener “%(part)s” was last seen %(time)s ago: partners cannot deliver.",
            part=facts["part"],
            time=self._duration(facts["seconds"]),
        )

    def _sentence_runner_down(self, facts):
        return self.env._(
            "The job runner was last seen %(time)s ago: nothing is worked off.",
            time=self._duration(facts["seconds"]),
        )

    def _sentence_probe_failed(self, facts):
        return self.env._(
            "The partner has not answered %(failures)s probes, for %(time)s (%(code)s).",
            failures=facts["failures"],
            time=self._duration(facts["seconds"]),
            code=facts["code"] or "-",
        )

    def _sentence_expiry(self, facts):
        if facts["what"] == "partner":
            if facts["ended"]:
                return self.env._("The partner's certificate has ended: nothing can be sent.")
            return self.env._(
                "The partner's certificate ends in %s days: ask for a new one.", facts["days"]
            )
        certificate = facts["what"] == "certificate"
        if facts["ended"]:
            return (
                self.env._("The certificate has ended: the interface has stopped.")
                if certificate
                else self.env._("The secret has ended: the interface has stopped.")
            )
        return (
            self.env._("The certificate ends in %s days.", facts["days"])
            if certificate
            else self.env._("The secret ends in %s days.", facts["days"])
        )

    def _sentence_retention(self, facts):
        if facts["resting"]:
            return self.env._("Retention is suspended: content is kept for too long.")
        return self.env._(
            "Retention failed in %(failed)s places and is more than a day behind in %(behind)s; "
            "%(overdue)s rows are overdue.",
            failed=facts["failed"],
            behind=facts["behind"],
            overdue=facts["overdue"],
        )

    def _sentence_database(self, facts):
        what = facts["what"]
        if what == "connections":
            return self.env._(
                "%(count)s of %(allowed)s connections to PostgreSQL are taken.",
                count=facts["count"],
                allowed=facts["allowed"],
            )
        if what == "oldest":
            return self.env._(
                "A transaction has been open for %s: nothing is cleaned up behind it.",
                self._duration(facts["seconds"]),
            )
        if what == "dead":
            return self.env._(
                "%(percent)s %% of the rows of %(table)s are dead: cleaning up does not keep pace.",
                percent=facts["percent"],
                table=facts["table"],
            )
        return self.env._("%s %% of the disk is used.", facts["percent"])

    def _sentence_audit_chain(self, facts):
        if facts["state"] == "failed":
            return self.env._("The audit trail could not be verified to its end.")
        return self.env._(
            "The audit trail is broken: %(findings)s findings in %(checked)s checked seals.",
            findings=facts["findings"],
            checked=facts["checked"],
        )

    # -- units -----------------------------------------------------------------------------

    @api.model
    def _duration(self, seconds):
        """A duration as people say it, of its two largest units."""
        seconds = float(seconds)
        if seconds < 60:
            return self.env._("%s s", f"{seconds:.3g}")
        minutes = round(seconds / 60)
        if minutes < 60:
            return self.env._("%s min", minutes)
        if minutes < 1440:
            hours, rest = divmod(minutes, 60)
            if rest:
                return self.env._("%(hours)s h %(minutes)s min", hours=hours, minutes=rest)
            return self.env._("%s h", hours)
        days, rest = divmod(round(minutes / 60), 24)
        if rest:
            return self.env._("%(days)s d %(hours)s h", days=days, hours=rest)
        return self.env._("%s d", days)
