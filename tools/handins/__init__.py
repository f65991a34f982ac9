"""What a class handed in: the people, their files, and which file counts.

LMS downloads and rosters go in; a `ClassList` of `Handin`s comes out. What a file holds besides
its score (written answers) is read here too; its code in `tools.likeness`. Nothing here grades.
"""
