from . import ehr_patient
from . import ehr_merge
from . import ehr_location
from . import ehr_staff
from . import ehr_encounter
from . import ehr_move
from . import ehr_housekeeping
