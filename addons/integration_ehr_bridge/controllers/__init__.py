from . import hl7_http
