"""Gradescope rehearsed on this machine: a bundle is unpacked, run and inspected.

A Gradescope zip comes in; checks go out, each with what to do about a failure.
"""
