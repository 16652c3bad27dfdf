from odoo import api, models

from ..tools.findings import Signal
from ..tools.traffic_profile import KNOWS_THE_DAY


class IntegrationFindingText(models.AbstractModel):
    """What to do about a finding, why a light is as it is, and what is usual."""

    _inherit = "integration.finding.text"

    @api.model
    def _advice(self, signal):
        """What to do first about a signal: a hint. The runbook of the interface knows more."""
        signal = Signal(signal)
        return {**self._advice_of_traffic(), **self._advice_of_parts()}[signal]

    def _advice_of_traffic(self):
        return {
            Signal.VOLUME_HIGH: self.env._(
                "Ask the partner whether it sends something again, and look for duplicates."
            ),
            Signal.VOLUME_LOW: self.env._(
                "Ask whether less is going on than usual; else look at the sender."
            ),
            Signal.SILENCE: self.env._(
                "See whether the sender runs and reaches us; until it does, work by the manual "
                "fallback."
            ),
            Signal.AVAILABILITY: self.env._(
                "Open the failures by kind: the most frequent one comes first."
            ),
            Signal.LATENCY: self.env._(
                "See whether the partner answers slowly or messages wait in our queue."
            ),
            Signal.RECOVERY: self.env._(
                "Tell those who depend on it to use the manual fallback, and escalate."
            ),
            Signal.DURABILITY: self.env._("Retry the dead letters, or close them with a reason."),
            Signal.QUEUE_AGE: self.env._(
                "See whether the job runner works and the partner takes what is sent; a pause of "
                "the partner shows at the breaker."
            ),
            Signal.DEAD_LETTER: self.env._(
                "Mend the cause, then retry them together; close what is not needed any more."
            ),
            Signal.DUPLICATES: self.env._(
                "They did no harm. Ask the partner whether it gets our answers or sends in circles."
            ),
            Signal.ERROR_GROUP: self.env._(
                "Open the kind of failure: it shows what it hits and how it was resolved before."
            ),
        }

    def _advice_of_parts(self):
        return {
            Signal.BREAKER_OPEN: self.env._(
                "Ask the partner. Messages wait meanwhile and are sent when it is back."
            ),
            Signal.LISTENER_DOWN: self.env._(
                "Start the listener; its log says why it ended. Partners send again by themselves."
            ),
            Signal.RUNNER_DOWN: self.env._(
                "See whether the server runs with queue_job loaded, and restart it."
            ),
            Signal.PROBE_FAILED: self.env._(
                "Ask the partner, and see whether the network lets us through."
            ),
            Signal.EXPIRY: self.env._(
                "Rotate the credential before its end; the partner's certificate he has to renew."
            ),
            Signal.RETENTION: self.env._("Open Retention: it says what fails and why."),
            Signal.DATABASE: self.env._(
                "Raise max_connections, end the old transaction, let autovacuum run more often, or "
                "make room on the disk."
            ),
            Signal.AUDIT_CHAIN: self.env._(
                "Open the state of the audit, and let an auditor look into the findings."
            ),
        }

    @api.model
    def _reason(self, code, facts):
        """Why a light is as it is: a sentence for each code of ``tools.health_wall``."""
        facts = dict(facts or {})
        try:
            return self._reason_texts(facts)[code]
        except KeyError:
            # a code or facts that an older version has stored
            return code

    def _reason_texts(self, facts):
        seconds = self._duration(max(facts.get("seconds", 0), 0))
        return {
            **self._reasons_decided(facts),
            "unmeasured": (
                self.env._("Its traffic has never been counted.")
                if facts.get("seconds", 0) < 0
                else self.env._("Its traffic has not been counted for %s.", seconds)
            ),
            "never_used": self.env._("It has had no message yet."),
            "listener_down": self.env._("Its listener is down: partners cannot deliver."),
            "runner_down": self.env._("The job runner is down: nothing is worked off."),
            "breaker_open": self.env._("The circuit breaker is open: nothing is sent."),
            "breaker_half_open": self.env._(
                "The circuit breaker tries whether the partner is back."
            ),
            "silent": self.env._("Nothing has come for %s, and that is no chance.", seconds),
            "all_fail": self.env._(
                "All %s attempts of the last five minutes failed.", facts.get("attempts", 0)
            ),
            "errors": self.env._(
                "%(failed)s of %(attempts)s attempts of the last five minutes failed.",
                failed=facts.get("failed", 0),
                attempts=facts.get("attempts", 0),
            ),
            "duplicates": self.env._(
                "%s messages of the last five minutes were known already.", facts.get("count", 0)
            ),
            **self._reasons_left_over(facts, seconds),
        }

    def _reasons_decided(self, facts):
        return {
            "inactive": self.env._("It is not active, so it carries nothing."),
            "paused": self.env._("It was paused: what comes waits."),
            "receiving_stopped": self.env._("Receiving was stopped: partners keep their messages."),
            "breaker_forced": self.env._("Somebody has opened its circuit breaker."),
        }

    def _reasons_left_over(self, facts, seconds):
        allowed = self._duration(facts.get("allowed", 0))
        count = facts.get("count", 0)
        kinds = dict(self.env["integration.slo"]._fields["kind"]._description_selection(self.env))
        kind = kinds.get(facts.get("objective"), "")
        waits = self.env._(
            "The oldest message has waited for %(time)s; %(allowed)s are allowed.",
            time=seconds,
            allowed=allowed,
        )
        return {
            "queue_old": waits,
            "queue_stuck": self.env._("The queue does not move: %s", waits),
            "dead_letters": self.env._("Dead letters that wait for a person: %s.", count),
            "quarantined": self.env._("Messages in quarantine: %s.", count),
            "budget_burning": self.env._(
                "%(kind)s: the budget is used up %(rate)s times as fast as allowed.",
                kind=kind,
                rate=f"{facts.get('rate', 0):.3g}",
            ),
            "budget_spent": self.env._("%s: the budget of the period is used up.", kind),
        }

    @api.model
    def _profile(self, watch):
        """What is usual for an interface, and how much is known; says so if nothing is judged."""
        profile = watch._profile()
        if profile is None:
            return self._no_profile(watch)
        per_day = sum(bucket.mean for bucket in profile.buckets) * (60 / min(profile.width, 60)) / 7
        busiest = max(range(len(profile.buckets)), key=lambda at: profile.buckets[at].mean)
        sure = sum(bucket.basis in KNOWS_THE_DAY for bucket in profile.buckets)
        lines = [
            self.env._(
                "About %(messages)s messages a day, learnt from %(days).1f days; busiest on "
                "%(day)s at %(hour)s:00.",
                messages=round(per_day),
                days=watch.history_days,
                day=self._weekday(busiest // 24),
                hour=busiest % 24,
            ),
            self.env._("Judged in steps of %s.", self._duration(profile.width * 60)),
        ]
        if sure < len(profile.buckets):
            lines.append(
                self.env._(
                    "%(some)s of 168 hours of the week are not known well yet; there it takes more "
                    "to be told.",
                    some=len(profile.buckets) - sure,
                )
            )
        return "\n".join(lines)

    def _no_profile(self, watch):
        expected = watch.interface_id.expected_per_day
        if watch.use_expected and expected:
            return self.env._(
                "Too little is known yet (%(days).1f days). Until then the %(count)s messages per "
                "day count that are expected: a silence is told after about a day.",
                days=watch.history_days,
                count=expected,
            )
        return self.env._(
            "Too little is known yet (%.1f days): silence and unusual volume are not judged. It is "
            "learnt each night.",
            watch.history_days,
        )

    def _weekday(self, day):
        return [
            self.env._("Monday"),
            self.env._("Tuesday"),
            self.env._("Wednesday"),
            self.env._("Thursday"),
            self.env._("Friday"),
            self.env._("Saturday"),
            self.env._("Sunday"),
        ][day]
