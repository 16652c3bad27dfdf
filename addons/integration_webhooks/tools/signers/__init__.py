"""How a delivery is signed: one module a scheme, all with the interface of :class:`.base.Signer`.

A signer is made once for an interface, from the proofs of its credential, and used by several
threads. It gets a :class:`.base.Delivery` and returns the headers that are to be added.
"""
