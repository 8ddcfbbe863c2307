"""Calls operations of the four products with Alibaba Cloud's own Python SDKs, each through its typed method.

Settings (standard input): endpoint, and scenarios, each a list of calls in the names of the wire. A value "$Action.path"
is taken from the answer to an earlier call of the scenario. Prints what went wrong, by scenario.
"""

import inspect
import json
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from alibabacloud_bdrc20230808 import client as bdrc, models as bdrc_models
from alibabacloud_cloudcontrol20220830 import client as cloudcontrol, models as cloudcontrol_models
from alibabacloud_cs20151215 import client as ack, models as ack_models
from alibabacloud_eflo_controller20221215 import client as lingjun, models as lingjun_models
from alibabacloud_tea_openapi.models import Config

POLL_S = 0.02
GIVE_UP_S = 60

settings = json.load(sys.stdin)


def recording(generated):
    """The generated client; the last answer is kept as it came, before the SDK has dropped what it does not know."""

    class Client(generated.Client):
        def call_api(self, params, request, runtime):
            answer = super().call_api(params, request, runtime)
            self.raw = answer.get("body")
            return answer

    return Client


PRODUCTS = {
    "ack": (recording(ack), ack_models),
    "lingjun": (recording(lingjun), lingjun_models),
    "bdrc": (recording(bdrc), bdrc_models),
    "cloudcontrol": (recording(cloudcontrol), cloudcontrol_models),
}

# How each product's tasks are polled: method, the state in its answer, the words that are no end.
POLLS = {
    "ack": ("describe_task_info", "state", ["running"]),
    "lingjun": ("describe_task", "TaskState", ["waiting_to_run", "running"]),
    "bdrc": ("describe_task", "Data.TaskStatus", ["CREATED", "RUNNING"]),
    "cloudcontrol": ("get_task", "task.status", ["Pending", "Running", "Cancelling"]),
}


def at(value, path):
    for name in path.split("."):
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def unknown_to_sdk(raw, typed, path=""):
    """What the answer has and the SDK's typed answer has not: fields that the vendor does not describe."""
    if isinstance(raw, dict):
        if not isinstance(typed, dict):
            return [path]
        lost = []
        for name, value in raw.items():
            if name not in typed:
                lost += [f"{path}.{name}"] if value is not None else []
            else:
                lost += unknown_to_sdk(value, typed[name], f"{path}.{name}")
        return lost
    if isinstance(raw, list):
        if not isinstance(typed, list) or len(raw) != len(typed):
            return [path]
        return [one for pair in zip(raw, typed) for one in unknown_to_sdk(*pair, f"{path}[]")]
    return []


class Scenario:
    def __init__(self, scenario):
        generated, self.models = PRODUCTS[scenario["product"]]
        self.product = scenario["product"]
        self.calls = scenario["calls"]
        self.answers = {}
        self.client = generated(
            Config(
                access_key_id=scenario["accessKeyId"],
                access_key_secret=scenario["accessKeySecret"],
                endpoint=settings["endpoint"],
                protocol="http",
                region_id="cn-hangzhou",
            )
        )

    def fill(self, value):
        if isinstance(value, str) and value.startswith("$"):
            action, path = value[1:].split(".", 1)
            return at(self.answers[action], path)
        if isinstance(value, dict):
            return {name: self.fill(one) for name, one in value.items()}
        return [self.fill(one) for one in value] if isinstance(value, list) else value

    def call(self, action, path_names, parameters):
        method = getattr(self.client, snake(action))
        rest = self.fill(parameters)
        arguments = [rest.pop(name) for name in path_names]
        wanted = inspect.signature(method).parameters.get("request")
        if wanted is not None:
            request = getattr(self.models, wanted.annotation.split(".")[-1])().from_map(rest)
            missing = set(rest) - set(request.to_map())
            assert not missing, f"{action}: the SDK has no parameter {missing}"
            arguments.append(request)
        answer = method(*arguments)
        raw = self.answers[action] = getattr(self.client, "raw", None)
        if raw is not None:
            strange = unknown_to_sdk(raw, answer.body.to_map())
            assert not strange, f"{action}: the SDK knows no {sorted(set(strange))}"

    def wait(self, task_id, ends):
        name, path, running = POLLS[self.product]
        method = getattr(self.client, name)
        takes_request = "request" in inspect.signature(method).parameters
        argument = self.models.DescribeTaskRequest(task_id=task_id) if takes_request else task_id
        until = time.monotonic() + GIVE_UP_S
        while time.monotonic() < until:
            method(argument)
            state = at(self.client.raw, path)
            if state not in running:
                assert state == ends, f"ended with {state}: {json.dumps(self.client.raw)}"
                return
            time.sleep(POLL_S)
        raise TimeoutError(f"task {task_id} did not end")

    def run(self):
        for one in self.calls:
            try:
                self.call(one["action"], one["path"], dict(one["parameters"]))
                if "ends" in one:
                    self.wait(at(self.answers[one["action"]], one["taskIdField"]), one["ends"])
            except Exception as error:
                return f"{one['action']}: {type(error).__name__} {error}"
        return None


def outcome(scenario):
    return Scenario(scenario).run()


with ThreadPoolExecutor(max_workers=6) as pool:
    outcomes = list(pool.map(outcome, settings["scenarios"]))
failed = zip(settings["scenarios"], outcomes)
print(json.dumps({one["name"]: problem for one, problem in failed if problem is not None}))
