"""The `hydra-tui` command."""

import sys

from app.startup import collect_garbage, keep_garbage, look_for_no_plugins
from app.streams import is_of_output, leave_output, prepare_streams, tell_of_output


def main() -> None:
    """Run the command line; on a closed pipe (`| head`) end quietly."""
    keep_garbage()
    prepare_streams()
    look_for_no_plugins()
    from app.cli import run_command

    collect_garbage()
    try:
        status = run_command(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        leave_output()
        status = 1
    except OSError as error:
        if not is_of_output(error):
            raise
        leave_output()
        tell_of_output(error)
        status = 1
    sys.exit(status)


if __name__ == "__main__":
    main()
