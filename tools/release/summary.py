"""What a build wrote, as tables for the terminal."""

from tools.files import sha256
from tools.release.build import Built, folders_of, in_folders


def print_report(builds: list[Built]) -> None:
    """Print tables for each assignment that was built, and a line for each unchanged one."""
    # A build with nothing to do avoids rich, whose import takes longer than everything else.
    import click

    for built in builds:
        if not built.changed:
            click.echo(f"{built.name}: unchanged")
    if not any(built.changed for built in builds):
        return
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=100)
    for built in filter(lambda built: built.changed, builds):
        written = Table("written", title=built.name, title_justify="left")
        written.add_column("size", justify="right")
        written.add_column("sha256")
        for path, size, digest in summary(built):
            written.add_row(path, f"{size:,}", digest)
        console.print(written)
        questions = Table("question")
        questions.add_column("points", justify="right")
        for question, points in built.points.items():
            on_top = "+" if question in built.bonus else ""
            questions.add_row(question, "by hand" if points is None else f"{on_top}{points:g}")
        questions.add_section()
        questions.add_row("total", f"{built.total:g}")
        console.print(questions)
        for note in built.notes:
            click.echo(f"  note: {note}")


def summary(built: Built) -> list[tuple[str, int, str]]:
    """Return path, size in bytes and first 12 digits of the sha256 of everything written.

    A folder is one row; its hash is the hash of `sha256sum`'s output for its files.
    """
    rows = []
    for folder in folders_of(built.name):
        files = {p: data for p, data in built.outputs.items() if p.startswith(f"{folder}/")}
        listing = "".join(f"{sha256(files[path])}  {path}\n" for path in sorted(files))
        size = sum(map(len, files.values()))
        rows.append((f"{folder}/ ({len(files)} files)", size, sha256(listing.encode())[:12]))
    for path, data in built.outputs.items():
        if not path.startswith(in_folders(built.name)):
            rows.append((path, len(data), sha256(data)[:12]))
    return sorted(rows)
