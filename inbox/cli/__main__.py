"""`python -m inbox.cli`, for when the command is not on the path."""

from inbox.cli import main

main()
