from . import (
    test_access,
    test_charge_companies,
    test_charge_consumption,
    test_charge_credits,
    test_charge_events,
    test_charge_prices,
    test_charge_refusals,
    test_charges,
    test_ehr_account,
    test_hl7_charges,
    test_ui_charges,
    test_visit_access,
)
