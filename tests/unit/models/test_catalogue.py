"""The committed facts against the installed Keras."""

import subprocess
import sys
from dataclasses import asdict, replace

import pytest

from engine.errors import UserError
from engine.experiment.backbones import BACKBONES, BackboneFacts, default_size, facts_of
from engine.experiment.memory import estimate_memory
from engine.models.catalogue import measured, sketch, spec_name

CHEAP = ("name", "keras", "preprocessing", "default_size", "smallest_size", "package")


def cheap(facts: BackboneFacts) -> dict[str, object]:
    return {name: value for name, value in asdict(facts).items() if name in CHEAP}


@pytest.mark.parametrize(
    ("builder", "name"),
    [
        ("InceptionV3", "inception_v3"),
        ("InceptionResNetV2", "inception_resnet_v2"),
        ("Xception", "xception"),
        ("ResNet50", "resnet50"),
        ("VGG16", "vgg16"),
        ("EfficientNetB0", "efficientnet_b0"),
        ("EfficientNetV2B0", "efficientnet_v2b0"),
        ("MobileNetV3Small", "mobilenet_v3_small"),
        ("NASNetMobile", "nasnet_mobile"),
        ("ConvNeXtXLarge", "convnext_xlarge"),
    ],
)
def test_a_spec_s_name_follows_from_keras_name(builder: str, name: str) -> None:
    assert spec_name(builder) == name


def test_the_catalogue_holds_what_keras_holds() -> None:
    """When this fails: `python -m engine.models.catalogue`."""
    seen = [cheap(facts) for facts in sketch()]
    assert seen == [cheap(facts) for facts in BACKBONES.values()]
    assert len(seen) > 40


@pytest.mark.parametrize(
    "name",
    [
        "plain_cnn",
        "efficientnet_lite0",
        pytest.param("vgg16", marks=pytest.mark.slow),
        pytest.param("mobilenet_v3_small", marks=pytest.mark.slow),
    ],
)
def test_measuring_again_gives_the_same_facts(name: str) -> None:
    (facts,) = (facts for facts in sketch() if facts.name == name)
    assert measured(facts) == BACKBONES[name]


def test_every_published_file_is_known() -> None:
    for facts in BACKBONES.values():
        assert (facts.keras is None) == (facts.file is None) == (facts.url is None)
        assert facts.is_pretrained == (facts.name not in ("plain_cnn", "wide_cnn"))
        assert facts.url is None or facts.url.startswith("https://")
        # Older than the hashes: Keras checks these by nothing.
        assert facts.hash or facts.keras is None or facts.name in ("mobilenet", "mobilenet_v2")


def test_sizes_and_unknown_names() -> None:
    assert (default_size("inception_v3"), default_size("resnet50")) == (299, 224)
    with pytest.raises(UserError) as caught:
        facts_of("inception3")
    assert caught.value.fix == "set backbone=inception_v3."


@pytest.mark.filterwarnings("ignore:`input_shape` is undefined:UserWarning")
def test_the_memory_estimate_grows_with_the_graph() -> None:
    facts = BACKBONES["mobilenet_v3_small"]
    graph = measured(replace(facts, default_size=96))
    batch, weights = 16, 4 * facts.parameters
    exact = 4 * weights + 4 * batch * graph.activations
    estimate = estimate_memory(facts.name, 96, batch)
    assert estimate.training_all == pytest.approx(exact, rel=0.1)
    assert weights < estimate.frozen < weights + 4 * batch * graph.activations
    half = estimate_memory(facts.name, 96, batch, half_precision=True)
    assert half.training_all - 4 * weights == pytest.approx(
        (estimate.training_all - 4 * weights) / 2, abs=1
    )


def test_the_facts_import_nothing_heavy() -> None:
    code = (
        "import sys; import engine.experiment.memory, engine.models.offline as offline;"
        "offline.offline_weights(); offline.cached_weights();"
        "print({'tensorflow', 'keras', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
