"""The word put together from its letters."""


def quiet():
    return "".join(["h", "u", "s", "h"])
