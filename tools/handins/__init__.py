"""What a class handed in: people, files, and which file of whom counts.

Downloads of an LMS and rosters come in; a `ClassList` of `Handin`s goes out. What a file
says beside its score (written answers, likeness) is read here, too. Nothing here grades.
"""
