"""The `hydra-tui` command."""

import os
import sys

from app.startup import collect_garbage, keep_garbage


def main() -> None:
    """Run the command line; on a closed pipe (`| head`) end quietly."""
    keep_garbage()
    # Looking for plugins reads the metadata of every installed package.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from app.cli import run_command

    collect_garbage()
    try:
        status = run_command(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    sys.exit(status)


if __name__ == "__main__":
    main()
