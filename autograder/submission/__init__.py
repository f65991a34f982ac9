"""The submission as data: a file goes in; code cells come out, or an error message."""
