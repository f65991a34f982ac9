"""What was submitted, as data: a file comes in; cells of code go out, or a sentence."""
