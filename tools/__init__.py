"""Tools for instructors and TAs: build releases from masters, and keep the masters clean."""
