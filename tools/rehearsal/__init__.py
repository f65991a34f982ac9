"""A rehearsal of Gradescope on this machine: unpacks, runs and inspects a bundle.

Turns a Gradescope zip into checks, each with what to do if it fails.
"""
