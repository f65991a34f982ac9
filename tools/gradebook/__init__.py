"""What becomes of graded hand-ins: tables, pages, pictures, marks, and the LMS's own files.

Records and hand-ins come in; CSV, HTML and zips go out. Nothing here grades.
"""
