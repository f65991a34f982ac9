"""The command line: options in, exit codes and terminal output out.

`cli` lists the commands; each other module is one of them, or code that they share.
"""
