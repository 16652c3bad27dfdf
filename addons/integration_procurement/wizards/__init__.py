from . import purchase_sent_otherwise, purchase_sent_otherwise_line
