"""Changes to a spec that may mend what is wrong, each with its reason."""

from collections.abc import Callable, Iterator

from engine.experiment.spec import ExperimentSpec, Stage
from engine.recipe.baseline_gate import BASELINE_ROWS
from engine.recipe.diagnosis import Condition
from engine.recipe.families import Family, family_of

Remedy = tuple[tuple[str, ...], str]
# Views of each image that a bank of augmented images holds.
BANK = 8


def remedies(
    stage: Stage, condition: Condition, spec: ExperimentSpec, plausible: str = "photo"
) -> tuple[Remedy, ...]:
    """What may help a spec against a condition.

    Args:
        stage: what the spec is for: overfit wants capacity, regularize the opposite.
        condition: what is wrong.
        spec: the spec.
        plausible: the set of changes that leave labels true.

    Returns:
        Changes as `--set` takes them, with the reason of each; the most promising first.
    """
    cure = _REMEDIES.get((stage, condition))
    found = () if cure is None else cure(spec)
    return tuple((tuple(one.format(set=plausible) for one in some), why) for some, why in found)


def _lower_rate(spec: ExperimentSpec) -> Iterator[Remedy]:
    rates = [max(phase.learning_rate / 10, 1e-7) for phase in spec.phases]
    changes = tuple(f"phases.{n}.learning_rate={rate:.3g}" for n, rate in enumerate(rates))
    yield changes, "A tenth of the rate steps less far."


def _raise_rate(spec: ExperimentSpec) -> Iterator[Remedy]:
    rates = [min(phase.learning_rate * 10, 1.0) for phase in spec.phases]
    changes = tuple(f"phases.{n}.learning_rate={rate:.3g}" for n, rate in enumerate(rates))
    yield changes, "Ten times the rate gets there sooner."


def _train_longer(spec: ExperimentSpec) -> Iterator[Remedy]:
    last = len(spec.phases) - 1
    epochs = min(2 * spec.phases[last].epochs, 1000)
    yield (f"phases.{last}.epochs={epochs}",), "Twice the epochs let it finish."


def _nothing_held_back(spec: ExperimentSpec) -> Iterator[Remedy]:
    if spec.loss.label_smoothing:
        yield ("loss.label_smoothing=0",), "Smoothed labels keep the loss above a floor."
    if spec.head.dropout:
        yield ("head.dropout=0",), "Without dropout the head can learn the pictures by heart."
    if spec.augmentation.is_active:
        yield ("augmentation=none",), "Pictures that stay as they are can be learned by heart."


def _more_capacity(spec: ExperimentSpec) -> Iterator[Remedy]:
    # More room is of no use to what is held back.
    yield from _nothing_held_back(spec)
    last, head = len(spec.phases) - 1, spec.head
    train = spec.phases[last].train
    if train == "head":
        yield (
            (f"phases.{last + 1}.train=last_blocks:3", f"phases.{last + 1}.epochs=12",
             f"phases.{last + 1}.learning_rate={spec.phases[0].learning_rate / 10:.3g}"),
            "Unfreezing the last blocks lets the network itself fit the pictures.",
        )  # fmt: skip
    elif train.startswith("last_"):
        yield (f"phases.{last}.train=all",), "Unfreezing more gives it more to fit with."
    if head.layers == 0:
        yield ("head.layers=1", "head.units=256"), "A dense layer can bend what a line can't."
    elif head.units < 1024:
        yield (f"head.units={2 * head.units}",), "Wider dense layers can hold more."
    if head.pooling != "none":
        yield ("head.pooling=none",), "Without pooling the head sees where things are."
    if spec.image_size <= 512:
        size = min(1024, -(-spec.image_size * 4 // 3 // 8) * 8)
        yield (f"image_size={size}",), "Larger images show more."
    if spec.backbone == "plain_cnn":
        yield ("backbone=wide_cnn",), "A stronger backbone has more room."


def _hold_back(spec: ExperimentSpec) -> Iterator[Remedy]:
    if spec.head.dropout < 0.5:
        yield ("head.dropout=0.5",), "Dropout keeps it from relying on single features."
    if not spec.augmentation.is_active:
        changes: tuple[str, ...] = ("augmentation={set}",)
        if family_of(spec) is Family.PRETRAINED and spec.phases[-1].train != "all":
            # Frozen layers then see each view once instead of in every epoch.
            changes += (f"augmentation.bank={BANK}",)
        yield changes, "Plausible changes make more of the same pictures."
    if not spec.augmentation.mixup and not spec.augmentation.bank:
        yield ("augmentation.mixup=0.2",), "MixUp smooths what lies between the classes."
    if not spec.loss.label_smoothing and spec.loss.name != "sparsemax":
        yield ("loss.label_smoothing=0.05",), "Label smoothing punishes being too sure."
    decays = [f"phases.{n}.weight_decay=0.01" for n in range(len(spec.phases))]
    if not any(phase.weight_decay for phase in spec.phases):
        yield tuple(decays), "Weight decay keeps the weights small."
    last = len(spec.phases) - 1
    if not spec.phases[last].patience and spec.phases[last].schedule in ("constant", "plateau"):
        yield (f"phases.{last}.patience=5",), "Early stopping keeps the best epoch's weights."
    blocks = spec.phases[last].train.partition(":")[2]
    if spec.phases[last].train == "all" and last:
        yield (f"phases.{last}.train=last_blocks:3",), "Fewer unfrozen layers can learn less."
    elif blocks and int(blocks) > 1:
        kind = spec.phases[last].train.partition(":")[0]
        yield (f"phases.{last}.train={kind}:{int(blocks) // 2}",), "Fewer unfrozen layers."


def _hold_back_otherwise(spec: ExperimentSpec) -> Iterator[Remedy]:
    """What was held back learns more slowly; else it is held back in another way, or too much."""
    yield from _train_longer(spec)
    yield from _hold_back(spec)
    yield from _let_go(spec)


def _let_go(spec: ExperimentSpec) -> Iterator[Remedy]:
    if spec.head.dropout > 0:
        yield (f"head.dropout={spec.head.dropout / 2:g}",), "Less dropout lets it learn more."
    yield from _train_longer(spec)


def _calm_down(spec: ExperimentSpec) -> Iterator[Remedy]:
    last = len(spec.phases) - 1
    if spec.phases[last].schedule != "cosine":
        yield (
            (f"phases.{last}.schedule=cosine", f"phases.{last}.warmup=1"),
            "A cosine takes small steps in the end.",
        )
    yield from _lower_rate(spec)
    if spec.batch_size <= 512:
        yield (f"batch_size={2 * spec.batch_size}",), "Larger batches have calmer gradients."


def _another_look(spec: ExperimentSpec) -> Iterator[Remedy]:
    if spec.image_size <= 512:
        size = min(1024, 2 * spec.image_size)
        yield (f"image_size={size}",), "Look at the data (4): is the signal there? If it is small:"
    if spec.backbone == "plain_cnn":
        yield ("backbone=wide_cnn",), "Another simple architecture may find it."
    if len(spec.phases) == 1:
        yield _rival(spec)


def _rival(spec: ExperimentSpec) -> Remedy:
    if family_of(spec) is Family.PRETRAINED:
        network = ("backbone=wide_cnn", "weights=none", "phases.0.train=all", "image_size=64")
        return network, "What photographs have taught may be of no use here."
    size = f"image_size={max(spec.image_size, 96)}"
    network = ("backbone=efficientnet_lite0", "weights=imagenet", "phases.0.train=head", size)
    return network, "A network that knows photographs may see it."


def _another_start(spec: ExperimentSpec) -> Iterator[Remedy]:
    yield from _another_look(spec)
    yield from _raise_rate(spec)


def _judge_by_more(spec: ExperimentSpec) -> Iterator[Remedy]:
    """A baseline that may be better than the class shares."""
    yield (f"folds={min(2 * spec.folds, 20)}",), "On more folds, more rows tell."
    if spec.rows < BASELINE_ROWS:
        yield (f"rows={BASELINE_ROWS:g}",), "More rows to learn from make the difference larger."


def _smaller(spec: ExperimentSpec) -> Iterator[Remedy]:
    if spec.batch_size > 1:
        yield (f"batch_size={spec.batch_size // 2}",), "Half the batch takes half the memory."


_FITS = (Stage.BASELINE, Stage.OVERFIT, Stage.REGULARIZE, Stage.WIDEN, Stage.PSEUDO_LABEL)
_REMEDIES: dict[tuple[Stage, Condition], Callable[[ExperimentSpec], Iterator[Remedy]]] = {
    **{(stage, Condition.RATE_TOO_HIGH): _lower_rate for stage in _FITS},
    **{(stage, Condition.RATE_TOO_LOW): _raise_rate for stage in _FITS},
    **{(stage, Condition.UNSTABLE): _calm_down for stage in _FITS},
    **{(stage, Condition.STILL_LEARNING): _train_longer for stage in _FITS},
    **{(stage, Condition.OUT_OF_MEMORY): _smaller for stage in _FITS},
    **{(stage, Condition.OVERFITS): _hold_back for stage in _FITS if stage is not Stage.OVERFIT},
    **{(stage, Condition.DATA_PROBLEM): _another_look for stage in _FITS},
    (Stage.BASELINE, Condition.NOTHING_LEARNED): _another_start,
    (Stage.BASELINE, Condition.UNDERFITS): _another_start,
    (Stage.BASELINE, Condition.TOO_FEW_ROWS): _judge_by_more,
    (Stage.OVERFIT, Condition.UNDERFITS): _more_capacity,
    (Stage.OVERFIT, Condition.PLATEAU): _more_capacity,
    (Stage.REGULARIZE, Condition.UNDERFITS): _let_go,
    (Stage.REGULARIZE, Condition.NOISE): _hold_back,
    (Stage.REGULARIZE, Condition.WORSE): _hold_back_otherwise,
}
