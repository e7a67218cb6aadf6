"""The files for TensorFlow Serving, parsed where a parser exists."""

import pathlib

import pytest
from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    text_format,
)
from tensorflow_serving.config import model_server_config_pb2

from tfgan_contra.serving.real_server import docker_command, model_server_config

FOLDER = pathlib.Path(__file__).parents[2] / "export" / "tf_serving"
FIELD = descriptor_pb2.FieldDescriptorProto


def message_class(name, fields):
    """A message class of a proto that tensorflow-serving-api does not ship.

    `fields` holds (name, number, type, is_repeated); a type that is a string is the
    name of a nested message with one field `value` or with fields of its own.
    """
    file = descriptor_pb2.FileDescriptorProto(name=f"{name}.proto", package=name)
    for field, number, kind, is_repeated in fields:
        owner = next((m for m in file.message_type if m.name == "Top"), None)
        owner = owner or file.message_type.add(name="Top")
        label = FIELD.LABEL_REPEATED if is_repeated else FIELD.LABEL_OPTIONAL
        added = owner.field.add(name=field, number=number, label=label)
        if isinstance(kind, int):
            added.type = kind
        else:
            added.type, added.type_name = FIELD.TYPE_MESSAGE, f".{name}.{field}_type"
            nested = file.message_type.add(name=f"{field}_type")
            for index, (inner, inner_kind) in enumerate(kind, 1):
                nested.field.add(
                    name=inner,
                    number=index,
                    type=inner_kind,
                    label=FIELD.LABEL_OPTIONAL,
                )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{name}.Top"))


def read(name):
    return (FOLDER / name).read_text()


def test_models_config_serves_two_versions():
    config = model_server_config_pb2.ModelServerConfig()
    text_format.Parse(read("models.config"), config)
    (model,) = config.model_config_list.config
    assert (model.name, model.base_path) == ("generator", "/models/generator")
    assert model.model_platform == "tensorflow"
    assert model.model_version_policy.latest.num_versions == 2


def test_the_config_that_serve_writes_is_read_back(tmp_path):
    folder = tmp_path / 'it\'s "odd"'
    config = model_server_config_pb2.ModelServerConfig()
    text_format.Parse(model_server_config("digits", str(folder), 3), config)
    (model,) = config.model_config_list.config
    assert (model.name, model.base_path) == ("digits", str(folder))
    assert model.model_version_policy.latest.num_versions == 3


def test_batching_parameters():
    wrapped = [("value", FIELD.TYPE_INT64)]
    names = ("max_batch_size", "batch_timeout_micros", "max_enqueued_batches")
    fields = [(name, i, wrapped, False) for i, name in enumerate(names, 1)]
    fields += [
        ("num_batch_threads", 4, wrapped, False),
        ("allowed_batch_sizes", 6, FIELD.TYPE_INT64, True),
    ]
    parameters = message_class("batching", fields)()
    text_format.Parse(read("batching_parameters.txt"), parameters)
    sizes = list(parameters.allowed_batch_sizes)
    assert sizes == sorted(sizes)
    assert sizes[-1] == parameters.max_batch_size.value
    assert parameters.num_batch_threads.value > 0


def test_monitoring_config():
    inner = [("enable", FIELD.TYPE_BOOL), ("path", FIELD.TYPE_STRING)]
    config = message_class("monitoring", [("prometheus_config", 1, inner, False)])()
    text_format.Parse(read("monitoring.config"), config)
    assert config.prometheus_config.enable
    assert config.prometheus_config.path == "/monitoring/prometheus/metrics"


def mentioned_files(arguments):
    """Names of the files below /config that a server's arguments mention."""
    paths = [word.partition("=")[2] for word in arguments]
    return [path.rpartition("/")[2] for path in paths if path.startswith("/config/")]


def test_docker_compose_mounts_what_it_names():
    yaml = pytest.importorskip("yaml")
    (service,) = yaml.safe_load(read("docker-compose.yml"))["services"].values()
    files = mentioned_files(service["command"])
    assert len(files) == 3 and all((FOLDER / name).is_file() for name in files)
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert any(":/models/generator:ro" in volume for volume in service["volumes"])


def test_kubernetes_probes_the_model_that_is_configured():
    yaml = pytest.importorskip("yaml")
    deployment, service = yaml.safe_load_all(read("kubernetes.yaml"))
    pod = deployment["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    files = mentioned_files(container["args"])
    assert len(files) == 3 and all((FOLDER / name).is_file() for name in files)
    ports = {port["name"] for port in container["ports"]}
    for probe in ("readinessProbe", "startupProbe"):
        request = container[probe]["httpGet"]
        assert request["path"] == "/v1/models/generator"
        assert request["port"] in ports
    mounts = {mount["name"] for mount in container["volumeMounts"]}
    assert mounts == {volume["name"] for volume in pod["spec"]["volumes"]}
    assert service["spec"]["selector"] == pod["metadata"]["labels"]
    assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


def test_the_docker_command_stays_on_loopback(tmp_path):
    command = docker_command("digits", str(tmp_path), 9001, 9000)
    assert "-p 127.0.0.1:9001:8501 -p 127.0.0.1:9000:8500" in command
    assert f"-v {tmp_path}:/models/digits:ro -e MODEL_NAME=digits" in command
