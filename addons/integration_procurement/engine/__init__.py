from . import placing, receiving, sharing
