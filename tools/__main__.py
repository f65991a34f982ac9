"""`python -m tools`, the same as `unroll`."""

from tools.commands.cli import main

main()
