from .payer_case import PayerCase


class EligibilityCase(PayerCase):
    """A payer that wants to be asked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.payer.eligibility_required = True

    def question(self, visit=None):
        self.env.invalidate_all()
        return self.env["ehr.eligibility"].search(
            [("encounter_id", "=", (visit or self.visit).id)], order="id desc", limit=1
        )

    def with_payer(self):
        self.visit.payer_code = "AOK"
        return self.question()
