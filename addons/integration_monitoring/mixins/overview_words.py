from odoo import api, models


class IntegrationOverviewWords(models.AbstractModel):
    """Why a light is as it is, in the reader's words. Part of ``integration.overview``."""

    _name = "integration.overview.words"
    _description = "Words of the Overview"

    @api.model
    def _reason(self, code, facts=None):
        """One sentence for a reason of :data:`..tools.health_wall.CODES`.

        What has no sentence yet, such as a reason of another addon, is told by its code.
        """
        facts = facts or {}
        if "integration.finding.text" in self.env:
            # Whoever finds something out says it best, and everywhere in the same words.
            return self.env["integration.finding.text"]._reason(code, facts) or code
        sentences = self._decisions() | self._findings(facts)
        return sentences.get(code) or code

    def _decisions(self):
        return {
            "inactive": self.env._("It is not active."),
            "paused": self.env._("An operator paused it: messages are accepted and wait."),
            "receiving_stopped": self.env._("An operator stopped receiving: senders are refused."),
            "breaker_forced": self.env._("An operator stopped the calls to the partner."),
            "unmeasured": self.env._("Nothing was measured lately, so nothing is known."),
            "never_used": self.env._("It has never carried a message."),
            "breaker_open": self.env._("The partner failed too often and is not called for now."),
            "breaker_half_open": self.env._("A few messages try whether the partner is back."),
            "listener_down": self.env._("The listener that receives for it does not run."),
            "runner_down": self.env._("The job runner does not run: nothing is processed."),
        }

    def _findings(self, facts):
        number = facts.get
        return {
            "silent": self.env._(
                "Nothing has come for %s, and that is no chance.",
                self._duration(number("seconds", 0)),
            ),
            "all_fail": self.env._("All of the last %s attempts failed.", number("attempts", 0)),
            "errors": self.env._(
                "%(failed)s of the last %(attempts)s attempts failed.",
                failed=number("failed", 0),
                attempts=number("attempts", 0),
            ),
            "queue_old": self._late(number("seconds", 0), number("allowed", 0)),
            "queue_stuck": self._late(number("seconds", 0), number("allowed", 0)),
            "dead_letters": self.env._("Dead letters that wait for a person: %s.", number("count")),
            "quarantined": self.env._(
                "Quarantined messages that wait for a person: %s.", number("count")
            ),
            "budget_burning": self.env._(
                "The budget of its service level is used up %s times too fast.", number("rate")
            ),
            "budget_spent": self.env._("The budget of its service level is used up."),
        }

    def _late(self, seconds, allowed):
        return self.env._(
            "The oldest message has waited %(seconds)s; %(allowed)s are agreed.",
            seconds=self._duration(seconds),
            allowed=self._duration(allowed),
        )

    @api.model
    def _duration(self, seconds):
        """Seconds in the largest unit of which there are at least two."""
        units = (
            (86400, self.env._("%s days")),
            (3600, self.env._("%s hours")),
            (60, self.env._("%s minutes")),
        )
        for size, words in units:
            if seconds >= 2 * size:
                return words % round(seconds / size)
        return self.env._("%s seconds", round(seconds))
