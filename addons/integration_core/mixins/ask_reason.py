from odoo import models


class IntegrationReasonMixin(models.AbstractModel):
    """Acts that ask for a reason first.

    A model names its acts in ``_reason_acts``; each is a public method that takes the reason and
    checks rights itself. The wizard calls no other method.
    """

    _name = "integration.reason.mixin"
    _description = "Acts That Ask for a Reason"

    _reason_acts: tuple[str, ...] = ()

    def _ask_reason(self, method, title, *, confirm="", warning=""):
        """The action that asks for a reason and then calls ``method`` on these records.

        :param title: heading of the dialog
        :param confirm: label of the button, the title by default
        :param warning: what the person should know before the act
        """
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "integration.reason.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_res_model": self._name,
                "default_res_ids": ",".join(str(one) for one in self.ids),
                "default_method": method,
                "default_confirm": confirm or title,
                "default_warning": warning,
            },
        }
