from . import (
    overview_parts,
    overview_words,
    trace_case,
)
