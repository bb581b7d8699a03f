"""The files that run the service elsewhere: what they copy and call is there, and nothing runs as root."""

import importlib.metadata
import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from sentiment.server.access import VARIABLE

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = DEPLOY / "Dockerfile"
UNIT = DEPLOY / "sentiment.service"
MEGABYTE = 1_000_000
BASE_IMAGE = 150 * MEGABYTE  # more than python:3.13-slim takes
LIMIT = 400 * MEGABYTE


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile, each in one line."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(encoding="utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    return [
        (name, " ".join(rest.split())) for name, _, rest in (line.partition(" ") for line in text.splitlines()) if name
    ]


def values(name: str) -> list[str]:
    return [rest for instruction, rest in instructions() if instruction == name]


def parse(command: list[str]) -> dict:
    """The options of a command line as `sentiment` reads them; it fails on those that there are not."""
    from sentiment.cli import app

    program, name, *arguments = command
    assert Path(program).name == "sentiment"
    return typer.main.get_command(app).commands[name].make_context(name, arguments).params


def test_the_image_has_two_stages_of_a_fixed_version_and_runs_as_a_numbered_user():
    stages = [stage.split()[0] for stage in values("FROM")]
    assert len(stages) == 2
    assert all(re.fullmatch(r"python:3\.\d+-slim-\w+", stage) for stage in stages)
    last = instructions()[max(i for i, (name, _) in enumerate(instructions()) if name == "FROM") :]
    [user] = [rest for name, rest in last if name == "USER"]
    assert all(number.isdecimal() and int(number) > 0 for number in user.split(":"))  # Kubernetes reads only numbers
    assert not [rest for name, rest in last if name == "RUN"]  # so that it needs no shell there
    requires = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    assert all(SpecifierSet(requires).contains(re.search(r":([\d.]+)", stage)[1]) for stage in stages)


def test_what_the_image_copies_is_there_and_is_let_through():
    allowed = [
        line[1:]
        for line in (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
        if line[:1] == "!"
    ]
    copied = [source for rest in values("COPY") if "--from" not in rest for source in rest.split()[:-1]]
    assert sorted(copied) == sorted(allowed)
    assert all((ROOT / source).exists() for source in copied)
    shipped = re.findall(r'"((?:models|data)/[^"]+)"', (ROOT / "setup.py").read_text(encoding="utf-8"))
    assert shipped
    assert set(shipped) <= set(copied)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {project["readme"], *project["license-files"]} <= set(copied)


def test_what_the_image_runs_are_commands_and_options_of_the_command_line():
    [entry], [command] = values("ENTRYPOINT"), values("CMD")
    options = parse(json.loads(entry) + json.loads(command))
    assert (options["host"], options["port"]) == ("0.0.0.0", 8000)
    assert values("EXPOSE") == ["8000"]
    [check] = values("HEALTHCHECK")
    *_, source = json.loads(check.split(" CMD ")[1])
    compile(source, "HEALTHCHECK", "exec")
    assert "http://127.0.0.1:8000/healthz" in source  # which needs no token
    assert "SENTIMENT_MODELS=/models" in " ".join(values("ENV"))


def test_the_image_has_the_base_install_and_the_service_alone():
    [install] = [rest for rest in values("RUN") if "install" in rest]
    assert re.findall(r"\[(\w+)\]", install) == ["serve"]
    assert "--constraint constraints.txt" in install


def test_the_image_stays_under_its_limit():
    """What the image has beside Python: the packages as they are installed here, without bytecode, and the models."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    todo = [Requirement(text) for text in project["dependencies"] + project["optional-dependencies"]["serve"]]
    sizes: dict[str, int] = {}
    while todo:
        requirement = todo.pop()
        distribution = importlib.metadata.distribution(requirement.name)
        if canonicalize_name(requirement.name) in sizes:
            continue
        sizes[canonicalize_name(requirement.name)] = sum(
            file.size or 0 for file in distribution.files or () if file.suffix != ".pyc"
        )
        extras = requirement.extras or {""}
        needed = [Requirement(text) for text in distribution.requires or ()]
        todo += [
            each
            for each in needed
            if not each.marker or any(each.marker.evaluate({"extra": extra}) for extra in extras)
        ]
    assert {"onnxruntime", "numpy", "fastapi", "uvicorn"} <= set(sizes)
    own = [
        ROOT / "app" / "sentiment",
        *(ROOT / source for source in ("models/mixed-reviews/everyday", "models/imdb/compact")),
    ]
    files = sum(path.stat().st_size for folder in own for path in folder.rglob("*") if path.suffix != ".pyc")
    assert 150 * MEGABYTE < sum(sizes.values()) + files < LIMIT - BASE_IMAGE, sizes


def test_the_compose_file_runs_that_image_read_only_without_privileges_and_with_tokens():
    [service] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"].values()
    build = service["build"]
    assert (DEPLOY / build["context"]).resolve() == ROOT
    assert (DEPLOY / build["context"] / build["dockerfile"]).resolve() == DOCKERFILE
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert all(volume.endswith(":ro") for volume in service["volumes"])
    assert (DEPLOY / service["volumes"][0].split(":")[0]).resolve() == ROOT / "models"
    assert service["environment"][VARIABLE].startswith(f"${{{VARIABLE}:?")  # it does not start without
    options = parse(["sentiment", *service["command"]])
    assert str(options["port"]) == service["ports"][0].rsplit(":", 1)[1]
    assert int(service["stop_grace_period"].rstrip("s")) > options["drain"]


def settings_of_the_unit() -> dict[str, list[str]]:
    settings: dict[str, list[str]] = {}
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        if re.match(r"\w+=", line):
            name, value = line.split("=", 1)
            settings.setdefault(name, []).append(value)
    return settings


def test_the_unit_starts_the_service_with_its_tokens_and_waits_for_open_requests():
    settings = settings_of_the_unit()
    options = parse(shlex.split(settings["ExecStart"][0]))
    [credential] = settings["LoadCredential"]
    name, file = credential.split(":")
    assert str(options["tokens_file"]) == f"${{CREDENTIALS_DIRECTORY}}/{name}"
    assert f" {file}\n" in UNIT.read_text(encoding="utf-8")  # the comment says how it is made
    assert int(settings["TimeoutStopSec"][0]) > options["drain"]
    assert settings["DynamicUser"] == ["yes"]
    assert settings["ProtectSystem"] == ["strict"]
    assert settings["CapabilityBoundingSet"] == [""]
    [environment] = settings["Environment"]
    assert f"SENTIMENT_MODELS=/var/lib/{settings['StateDirectory'][0]}/models" in environment.split()


@pytest.fixture
def unit(tmp_path) -> Path:
    """The unit, with a program that is there."""
    copy = tmp_path / UNIT.name
    text = UNIT.read_text(encoding="utf-8")
    assert text.count("ExecStart=/opt/sentiment/bin/sentiment ") == 1
    copy.write_text(
        text.replace("ExecStart=/opt/sentiment/bin/sentiment ", f"ExecStart={sys.executable} "), encoding="utf-8"
    )
    return copy


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze here")
def test_systemd_finds_nothing_wrong_with_the_unit_and_little_that_it_could_harm(unit):
    verified = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, timeout=60, check=False
    )
    assert (verified.returncode, verified.stderr) == (0, "")
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", unit]
    secured = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert secured.returncode == 0, secured.stdout[-500:]  # an exposure of 2.0 of 10 at most


def has_docker() -> bool:
    try:
        return subprocess.run(["docker", "info"], capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


@pytest.mark.slow
@pytest.mark.skipif(not has_docker(), reason="Docker does not run here")
def test_the_image_can_be_built_is_small_and_answers_read_only():
    build = ["docker", "build", "--quiet", "--file", DOCKERFILE, ROOT]
    image = subprocess.run(build, check=True, capture_output=True, text=True, timeout=900).stdout.strip()
    size = subprocess.run(
        ["docker", "image", "inspect", "--format", "{{.Size}}", image], check=True, capture_output=True, text=True
    ).stdout
    assert int(size) < LIMIT
    run = ["docker", "run", "--rm", "--read-only", "--network", "none", image, "predict", "--json", "A good film."]
    answer = subprocess.run(run, check=True, capture_output=True, text=True, timeout=120).stdout
    assert json.loads(answer)["label"] == "positive"


@pytest.mark.parametrize(
    "file", sorted(path for path in DEPLOY.rglob("*") if path.is_file()), ids=lambda file: file.name
)
def test_no_file_takes_the_latest_version_or_holds_a_secret(file):
    text = file.read_text(encoding="utf-8")
    assert ":latest" not in text
    assert not re.search(r"(?i)(token|password)s?\s*[=:]\s*['\"]?[A-Za-z0-9]{16,}", text)
