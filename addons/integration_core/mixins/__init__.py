from . import (
    ask_reason,
    audited,
    event_type_schedule,
    event_type_screen,
    governed,
    message_kept,
    message_screen,
    revised,
    unmapped,
    waived,
)
