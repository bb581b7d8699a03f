"""The files of clusters that score: Ray itself takes them, and the commands in them are there."""

import re
import shlex
import warnings
from pathlib import Path

import pytest
import typer
import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "ray"
PINS = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").split())
WORKERS = 64


def parse(command: str) -> dict:
    """The options of a command line as `sentiment` reads them; it fails on those that there are not."""
    from sentiment.cli import app

    program, name, *arguments = shlex.split(command)
    assert program == "sentiment"
    return typer.main.get_command(app).commands[name].make_context(name, arguments).params


def read(name: str) -> dict:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def test_the_commands_start_as_many_workers_as_the_machines_have_cpus():
    written = (FOLDER / "cluster.yaml").read_text(encoding="utf-8")
    [typed] = re.findall(r'ray exec \S+ "(.+)"', written)
    for command in (typed, read("rayjob.yaml")["spec"]["entrypoint"]):
        options = parse(command)
        assert (options["address"], options["workers"]) == ("auto", WORKERS)
    worker = read("cluster.yaml")["available_node_types"]["worker"]
    assert worker["resources"]["CPU"] * worker["min_workers"] == WORKERS
    [group] = read("rayjob.yaml")["spec"]["rayClusterSpec"]["workerGroupSpecs"]
    [container] = group["template"]["spec"]["containers"]
    assert int(container["resources"]["limits"]["cpu"]) * group["replicas"] == WORKERS


def test_ray_is_of_the_version_that_is_pinned():
    assert read("rayjob.yaml")["spec"]["rayClusterSpec"]["rayVersion"] == PINS["ray"]
    assert f"FROM rayproject/ray:{PINS['ray']}-py313-cpu\n" in (FOLDER / "Dockerfile").read_text(encoding="utf-8")


def test_what_the_image_copies_is_there():
    lines = (FOLDER / "Dockerfile").read_text(encoding="utf-8").splitlines()
    sources = [
        word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    ]
    assert len(sources) > 5
    for source in sources:
        assert (ROOT / source).exists(), source


def test_the_cluster_launcher_takes_the_cluster():
    util = pytest.importorskip("ray.autoscaler._private.util", reason="the extra ray is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        config = util.prepare_config(read("cluster.yaml"))
    util.validate_config(config)
    assert config["available_node_types"]["worker"]["max_workers"] == 8
    config["available_node_types"]["worker"]["resources"] = "eight"
    with pytest.raises(Exception, match="'eight' is not of type 'object'"):
        util.validate_config(config)


def test_the_autoscaler_of_kuberay_takes_the_cluster():
    kuberay = pytest.importorskip(
        "ray.autoscaler._private.kuberay.autoscaling_config", reason="the extra ray is not installed"
    )
    spec = read("rayjob.yaml")["spec"]["rayClusterSpec"]
    derived = kuberay._derive_autoscaling_config_from_ray_cr(
        {"metadata": {"name": "sentiment", "namespace": "default"}, "spec": spec}
    )
    types = derived["available_node_types"]
    assert types["worker"]["resources"]["CPU"] == 8
    assert types["worker"]["min_workers"] == types["worker"]["max_workers"] == 8
    assert types[derived["head_node_type"]]["resources"]["CPU"] == 0
