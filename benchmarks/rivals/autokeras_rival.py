"""AutoKeras' image classifier as its documentation shows it, until somebody ends the process.

Run by `benchmarks/recipe.py` in an environment of its own: FOLDER holds `train.npy`,
`targets.npy` and `withheld.npy`; the predictions go into `autokeras.npy`.
"""

import sys
from pathlib import Path

import autokeras
import numpy as np
from best_so_far import BestSoFar, keep


def main() -> None:
    folder = Path(sys.argv[1])
    answers, withheld = folder / "autokeras.npy", folder / "withheld.npy"
    # The first one of these that is the best is predicted with, should time run out.
    best = BestSoFar(str(withheld), str(answers))
    search = autokeras.ImageClassifier(directory=folder / "search", seed=0)
    search.fit(np.load(folder / "train.npy"), np.load(folder / "targets.npy"), callbacks=[best])
    # Trained on all rows again: what AutoKeras itself would answer.
    keep(answers, np.asarray(search.tuner.get_best_model().predict(np.load(withheld))))


if __name__ == "__main__":
    main()
