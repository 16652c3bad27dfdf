# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""FHIR R4: resources as bytes and values, what they refer to, and what is said about them.

Import the module that you need; this package imports nothing:

* :mod:`.resource` tells one version of a resource from another, :mod:`.limits` reads it strictly;
* :mod:`.references` and :mod:`.values` read what all resources have;
* :mod:`.bundle_entries` takes a Bundle apart, :mod:`.answers` tells what became of each entry;
* :mod:`.notification` reads what a subscription tells;
* :mod:`.mapping_functions` is what mappings work with.

Pages cited are those of HL7 FHIR 4.0.1 (R4), where nothing else is said.
"""
