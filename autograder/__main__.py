"""`python -m autograder FOLDER`: one run on Gradescope, where FOLDER is /autograder."""

import sys

from autograder.run import main

sys.exit(main())
