from . import incident_acts, incident_screen, incident_told
