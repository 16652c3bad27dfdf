from . import placing, receiving
