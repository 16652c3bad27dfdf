from . import (
    test_access,
    test_authorization,
    test_claim,
    test_claim_answer,
    test_coverage,
    test_denial,
    test_eligibility,
    test_eligibility_answers,
    test_payer_fhir,
    test_portal_notice,
    test_ui_payer,
)
