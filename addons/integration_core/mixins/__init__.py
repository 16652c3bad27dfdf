from . import (
    ask_reason,
    audited,
    emergencies,
    event_type_schedule,
    event_type_screen,
    governed,
    message_kept,
    message_screen,
    revised,
    unmapped,
    waived,
    waiver_ended,
)
