"""What graded hand-ins turn into: tables, pages, pictures, and the LMS's own files.

Records and hand-ins go in; CSV, HTML and zips come out. Nothing here grades.
"""
