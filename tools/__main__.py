"""`python -m tools` is `unroll`."""

from tools.commands.cli import main

main()
