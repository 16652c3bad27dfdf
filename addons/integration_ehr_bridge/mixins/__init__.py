from . import ehr_told
