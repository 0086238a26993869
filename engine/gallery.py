"""Pictures of a competition for a person to look at."""

from collections.abc import Callable, Sequence
from typing import Any

from engine.asking import Asking
from engine.competition.findings import Exhibit, Thumbnail
from engine.experiment.spec import AugmentationSpec
from engine.helper.client import IDLE_SECONDS, Helper
from engine.jobs.workspace import Workspace
from engine.recipe.common_folds import folds_done
from engine.store.notebook import Notebook

# TensorFlow belongs neither into the cockpit nor into the helper.
_AUGMENTED = "engine.training.augmented"
# Nobody looks at more; so many are found and passed on within moments.
MOST_SHOWN = 2000


class Gallery(Asking):
    """Finds pictures and makes them small.

    Args:
        workspace: whose cache remembers which pictures are copies.
        notebook: the workspace's notebook.
        helper: the light process that decodes.
        data: where the competition lies, as the notebook notes it.
    """

    def __init__(
        self, workspace: Workspace, notebook: Notebook, helper: Helper, data: Callable[[], str]
    ) -> None:
        super().__init__(workspace, notebook, helper, data)
        self._augmenter = Helper(_AUGMENTED, IDLE_SECONDS)

    def samples(
        self, classes: Sequence[str] = (), first: int = 0, count: int = MOST_SHOWN
    ) -> tuple[Exhibit, ...]:
        """Labelled images in a shuffled order that is the same every time.

        Args:
            classes: only images that have one of these classes, or labels; none takes all.
            first: how many to pass over.
            count: how many, at most.

        Raises:
            UserError: the competition can't be loaded.
        """
        return self._exhibits("samples", classes=list(classes), first=first, count=count)

    def test_images(self, experiment: str = "", count: int = MOST_SHOWN) -> tuple[Exhibit, ...]:
        """Test images, as an experiment answers them: those first of which it is least sure.

        Args:
            experiment: its id; without one they come unanswered, in a shuffled order.
            count: how many, at most.

        Raises:
            UserError: the competition can't be loaded, or there is no such experiment or
                predictions of it.
        """
        folds = folds_done(self._notebook.record(experiment)) if experiment else ()
        return self._exhibits("unlabelled", experiment=experiment, folds=folds, count=count)

    def copies(self, count: int = MOST_SHOWN) -> tuple[Exhibit, ...]:
        """Pictures that are the same, pair by pair; those whose labels differ come first.

        Args:
            count: how many pictures, at most: twice as many as pairs.

        Raises:
            UserError: the competition can't be loaded.
        """
        return self._exhibits("copies", count=count)

    def paths(self, ids: Sequence[str]) -> dict[str, str]:
        """The files of some labelled images.

        Args:
            ids: as the label file spells them; unknown ones are left out.

        Raises:
            UserError: the competition can't be loaded.
        """
        answer: dict[str, str] = self._ask("paths", ids=list(ids))
        return answer

    def thumbnails(self, paths: Sequence[str], side: int) -> tuple[Thumbnail, ...]:
        """Pictures small enough for a terminal.

        Args:
            paths: the files.
            side: of the square each must fit into, pixels.

        Returns:
            One a path; a file that can't be decoded has no pixels and says why.
        """
        place = str(self._workspace.root)
        answer = self._helper.ask("thumbnails", workspace=place, paths=list(paths), side=side)
        return tuple(Thumbnail.model_validate(one) for one in answer)

    def augmented(
        self, path: str, spec: AugmentationSpec, image_size: int, side: int, count: int
    ) -> tuple[Thumbnail, ...]:
        """A picture as it is, and as training would see it.

        Args:
            path: the file.
            spec: the augmentation.
            image_size: the side it is trained at, pixels.
            side: the side it is shown at, pixels.
            count: how many changed views.

        Returns:
            The unchanged one, then the views.

        Raises:
            UserError: the file can't be decoded.
        """
        answer = self._augmenter.ask(
            "augmented",
            workspace=str(self._workspace.root),
            path=path,
            spec=spec.model_dump(mode="json"),
            image_size=image_size,
            side=side,
            count=count,
        )
        return tuple(Thumbnail.model_validate(one) for one in answer)

    def close(self) -> None:
        """End the process that augments, if there is one."""
        self._augmenter.close()

    def _exhibits(self, call: str, **arguments: Any) -> tuple[Exhibit, ...]:
        answer = self._ask(call, **arguments)
        return tuple(Exhibit.model_validate(one) for one in answer)
