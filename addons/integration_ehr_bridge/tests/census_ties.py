"""What happens within a minute, as systems tell it whose clocks know no seconds.

As in :mod:`.census_scenarios`, one line for each message in the order in which the sender wrote it,
which is the order in which the ledger got it, whenever it was handled.
"""

from .census_scenarios import ED, ONE, THREE, TWO, clock, line

#: It does not matter in which order these arrived, for they say where patients come from.
CHAINS = {
    "two moves in a minute": (
        [
            line("admit", "8:00", ONE),
            line("transfer", "9:00", TWO, prior_location=ONE),
            line("transfer", "9:00", THREE, prior_location=TWO),
        ],
        "present", THREE, [ONE, TWO], {},
    ),
    "admitted and moved twice in a minute": (
        [
            line("admit", "9:00", ONE),
            line("transfer", "9:00", TWO, prior_location=ONE),
            line("transfer", "9:00", THREE, prior_location=TWO),
        ],
        "present", THREE, [ONE, TWO], {},
    ),
    "nobody told where he was before": (
        [
            line("transfer", "9:00", TWO, prior_location=ONE),
            line("transfer", "9:00", THREE, prior_location=TWO),
            line("transfer", "9:00", ED, prior_location=THREE),
        ],
        "present", ED, [ONE, TWO, THREE], {},
    ),
    "there and back within a minute": (
        [
            line("admit", "8:00", ONE),
            line("transfer", "9:00", TWO, prior_location=ONE),
            line("transfer", "9:00", ONE, prior_location=TWO),
        ],
        "present", ONE, [ONE, TWO], {},
    ),
    "there and back, and somewhere else": (
        [
            line("admit", "8:00", ONE),
            line("transfer", "9:00", TWO, prior_location=ONE),
            line("transfer", "9:00", ONE, prior_location=TWO),
            line("transfer", "9:00", THREE, prior_location=ONE),
        ],
        "present", THREE, [ONE, TWO, ONE], {},
    ),
    "a move told once more with something new": (
        [
            line("admit", "8:00", ONE),
            line("transfer", "9:00", TWO, prior_location=ONE),
            line("transfer", "9:00", TWO, prior_location=ONE, service="SUR"),
            line("transfer", "9:00", THREE, prior_location=TWO),
        ],
        "present", THREE, [ONE, TWO], {},
    ),
    "moved to the ward and became an inpatient in the next bed": (
        [
            line("register", "8:00", ED, class_="emergency"),
            line("transfer", "9:00", ONE, prior_location=ED),
            line("to_inpatient", "9:00", TWO, prior_location=ONE, class_="inpatient"),
        ],
        "present", TWO, [ED, ONE], {"class": "inpatient"},
    ),
    "an update between two moves of a minute moves nobody": (
        [
            line("admit", "8:00", ONE),
            line("transfer", "9:00", TWO, prior_location=ONE),
            line("update", "9:00", TWO, prior_location=ONE, payer="AOK"),
            line("transfer", "9:00", THREE, prior_location=TWO),
        ],
        "present", THREE, [ONE, TWO], {"payer": "AOK"},
    ),
    "the second of two moves of a minute is taken back": (
        [
            line("admit", "8:00", ONE),
            line("transfer", "9:00", TWO, prior_location=ONE),
            line("transfer", "9:00", THREE, prior_location=TWO),
            line("cancel_transfer", "9:00", TWO, "9:10"),
        ],
        "present", TWO, [ONE], {},
    ),
    "moved twice and discharged in a minute": (
        [
            line("admit", "8:00", ONE),
            line("transfer", "9:00", TWO, prior_location=ONE),
            line("transfer", "9:00", THREE, prior_location=TWO),
            line("discharge", "9:00", THREE, prior_location=TWO),
        ],
        "discharged", THREE, [ONE, TWO, THREE], {},
    ),
}  # fmt: skip
#: It matters in which order these arrived.
ARRIVALS = {
    "two moves in a minute that do not say where they begin": (
        [
            line("admit", "8:00", ONE),
            line("transfer", "9:00", THREE),
            line("transfer", "9:00", TWO),
        ],
        "present", TWO, [ONE, THREE], {},
    ),
    "one of the moves does not say where it begins": (
        [
            line("admit", "8:00", ONE),
            line("transfer", "9:00", TWO, prior_location=ONE),
            line("transfer", "9:00", ONE),
        ],
        "present", ONE, [ONE, TWO], {},
    ),
    "two moves from the same bed: the later one corrects the other": (
        [
            line("admit", "8:00", ONE),
            line("transfer", "9:00", THREE, prior_location=ONE),
            line("transfer", "9:00", TWO, prior_location=ONE),
        ],
        "present", TWO, [ONE, THREE], {},
    ),
    "a move taken back and made anew into another bed, within a minute": (
        [
            line("admit", "8:00", ONE),
            line("transfer", "9:00", TWO, prior_location=ONE),
            line("cancel_transfer", "9:00", ONE),
            line("transfer", "9:00", THREE, prior_location=ONE),
        ],
        "present", THREE, [ONE], {},
    ),
    "a move made and taken back within a minute": (
        [
            line("admit", "8:00", ONE),
            line("transfer", "9:00", TWO, prior_location=ONE),
            line("cancel_transfer", "9:00", ONE),
        ],
        "present", ONE, [], {},
    ),
    "a move within the minute in which one was taken back for good": (
        [
            line("admit", "8:00", ONE),
            line("transfer", "9:00", THREE, prior_location=ONE),
            line("transfer", "9:00", TWO, prior_location=THREE),
            line("cancel_transfer", "9:00", THREE),
        ],
        "present", THREE, [ONE], {},
    ),
    "discharged by mistake and again, within a minute": (
        [
            line("admit", "8:00", ONE),
            line("discharge", "9:00", ONE),
            line("cancel_discharge", "9:00", ONE),
            line("discharge", "9:00", ONE, disposition="02"),
        ],
        "discharged", ONE, [ONE], {"disposition": "02"},
    ),
    "admitted by mistake and again, within a minute": (
        [
            line("admit", "9:00", ONE),
            line("cancel_admit", "9:00", ONE),
            line("admit", "9:00", TWO),
        ],
        "present", TWO, [], {},
    ),
    "gone and back within the day, told by a system that knows days": (
        [
            line("register", "0:00", ED, class_="emergency"),
            line("discharge", "0:00", ED),
            line("admit", "0:00", ONE, class_="inpatient"),
        ],
        "present", ONE, [ED], {"class": "inpatient", "admitted_at": clock("0:00")},
    ),
}  # fmt: skip
