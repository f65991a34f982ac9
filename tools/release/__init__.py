"""From a master to what is committed and uploaded: releases, solutions, hidden tests, zips.

Turns a `Master` and the settings into files by path, past the leak gate. Otter splits the master,
only in `otter_assign`.
"""
