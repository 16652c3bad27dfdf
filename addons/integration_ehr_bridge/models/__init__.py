from . import integration_interface_hl7
from . import integration_interface_mllp_inbound
from . import integration_mllp_listener
from . import integration_mllp_listener_port
from . import integration_mllp_refusal
