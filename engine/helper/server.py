"""The helper process: JSON lines in, JSON lines out. Imports pandas, never TensorFlow."""

# Imported at once, so that the first answer need not wait for it.
import engine.competition.summary
import engine.submission.export  # noqa: F401 (as above)
from engine.helper.calls import CALLS
from engine.helper.serving import serve

if __name__ == "__main__":
    serve(CALLS)
