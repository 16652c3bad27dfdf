from . import (
    error_group_act,
    error_group_view,
    incident_acts,
    incident_screen,
    incident_told,
    overview_parts,
    trace_case,
)
