"""The parts of the starter builder: one module for each kind of input."""
