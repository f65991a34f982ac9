"""From a master to what is committed and uploaded: releases, solutions, hidden tests, zips.

A `Master` and the settings come in; files by path go out, after the leak gate. Otter splits the
master, in `otter_assign` alone.
"""
