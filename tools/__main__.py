"""`python -m tools` is `unroll`."""

from tools.cli import main

main()
