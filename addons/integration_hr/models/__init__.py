from . import (
    hr_department,
    hr_employee,
    integration_awaited_manager,
    integration_demo,
    integration_handler_department,
    integration_handler_employee,
    integration_handler_leaver,
    integration_leaver,
)
