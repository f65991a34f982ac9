"""The submission as data: a file or folder goes in; code cells come out, or an error message.

    upload ─┐
            ├─▶ choice (kinds) ─▶ reading ─▶ ipynb | script ─▶ cells
    archive ┘

What a file is, is decided by its contents: `kinds.recognise` reads its first bytes only.
"""
