"""The part that runs where submissions are graded. It imports nothing from `tools`.

submission ──▶ examiner ◀──wire──▶ candidate (in the sandbox)      examiner ──▶ results
"""
