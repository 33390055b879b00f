"""The press in C (forward.c), and how a worker comes to it: built once where a compiler is
(building.py), loaded when the worker starts (choosing.py), called through cffi (compiled.py).
Without it everything works as well, and costs more.
"""
