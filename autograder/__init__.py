"""What runs where submissions are graded; it imports nothing of `tools`, and is bundled as it is.

submission ──▶ examiner ◀──wire──▶ candidate (in the sandbox)      examiner ──▶ results
"""
