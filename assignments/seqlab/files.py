"""Files that an answer writes, for tests: `files.read_text("losses.csv")`.

A test may run in another process than the answer, in another folder; these functions find the file
all the same. Paths are relative to the notebook's folder, or what the answer's own code says.
"""

from pathlib import Path

from seqlab.arrays import CheckError
from seqlab.failures import kind_of

# A file that a test reads may have this many bytes.
MOST_BYTES = 2**24


def _read_here(path):
    file = Path(path)
    if not file.is_file():
        raise FileNotFoundError(path)
    if file.stat().st_size > MOST_BYTES:
        raise OSError(f"it has more than {MOST_BYTES} bytes")
    return file.read_bytes()


# A grader that runs answers elsewhere puts its own function here.
READ = _read_here


def read_bytes(path):
    """Return the contents of a file that an answer wrote; CheckError if there is none."""
    if not isinstance(path, str):
        raise CheckError(f"the path of a file should be a text; it is {kind_of(path)}.")
    try:
        return READ(path)
    except FileNotFoundError:
        raise CheckError(f'There is no file "{path[:80]}". Was it written, and closed?') from None
    except OSError as error:
        raise CheckError(f'The file "{path[:80]}" cannot be read: {error}.') from None


def read_text(path):
    """Return the text of a file that an answer wrote, in UTF-8; its lines end as on Linux."""
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CheckError(f'The file "{path[:80]}" is not text in UTF-8.') from None
    return text.replace("\r\n", "\n")
