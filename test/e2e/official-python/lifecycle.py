"""What a user of Alibaba Cloud's Python SDKs does with each product: start and wait, cancel, see one fail.

Settings (standard input): endpoint. Prints the words each task ended with.
"""

import json
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from alibabacloud_bdrc20230808 import models as bdrc_models
from alibabacloud_bdrc20230808.client import Client as BdrcClient
from alibabacloud_cloudcontrol20220830 import models as cloudcontrol_models
from alibabacloud_cloudcontrol20220830.client import Client as CloudControlClient
from alibabacloud_cs20151215 import models as cs_models
from alibabacloud_cs20151215.client import Client as CsClient
from alibabacloud_eflo_controller20221215 import models as eflo_models
from alibabacloud_eflo_controller20221215.client import Client as EfloClient
from alibabacloud_tea_openapi.models import Config

POLL_S = 0.05
GIVE_UP_S = 60

CLUSTER = "c0000000000000000000000000000da01"
NODE_POOL = "np0000000000000000000000000000da01"
LINGJUN_CLUSTER = "i100000000000000000001"
VPC = "/api/v1/providers/Aliyun/products/VPC/resources"

settings = json.load(sys.stdin)


def config():
    return Config(
        access_key_id="any",
        access_key_secret="any",
        endpoint=settings["endpoint"],
        protocol="http",
        region_id="cn-hangzhou",
    )


def poll(read, running):
    """Reads until the word is none of `running`."""
    until = time.monotonic() + GIVE_UP_S
    while time.monotonic() < until:
        word = read()
        if word not in running:
            return word
        time.sleep(POLL_S)
    raise TimeoutError("the task did not end")


def cancel_from_outside(task_id):
    """Lingjun and BDRC have no operation that cancels; an operator can, through Taskscribe's own API."""
    urllib.request.urlopen(
        urllib.request.Request(
            f"http://{settings['endpoint']}/v1/tasks/{task_id}/cancel",
            data=json.dumps({"reason": "changed my mind"}).encode(),
            headers={"content-type": "application/json"},
        )
    ).read()


def refused(call):
    """The code and the status that the SDK reads off a refusal."""
    try:
        call()
    except Exception as error:  # the SDKs' error classes differ by version
        return [str(error.code), error.status_code]
    return ["not refused"]


def ack():
    client = CsClient(config())

    def scale(count):
        request = cs_models.ScaleClusterNodePoolRequest(count=count)
        return client.scale_cluster_node_pool(CLUSTER, NODE_POOL, request).body.task_id

    def state(task_id):
        return client.describe_task_info(task_id).body.state

    def end(task_id):
        return poll(lambda: state(task_id), ["running"])

    succeeded = end(scale(2))
    canceled = scale(1)
    client.cancel_task(canceled)
    canceled_word = end(canceled)
    paused = scale(1)
    client.pause_task(paused)
    paused_word = poll(lambda: state(paused), ["running"])
    client.resume_task(paused)
    resumed_word = poll(lambda: state(paused), ["paused", "running"])
    failed = scale(100)  # more than the pool may have
    failed_word = end(failed)
    error = client.describe_task_info(failed).body.error
    return {
        "succeeded": succeeded,
        "canceled": canceled_word,
        "failed": [failed_word, error.code],
        "paused": [paused_word, resumed_word],
        "unknown": refused(lambda: client.describe_task_info("T-000000000000000000000000")),
        "too late": refused(lambda: client.cancel_task(failed)),
    }


def lingjun():
    client = EfloClient(config())

    def read(task_id):
        return client.describe_task(eflo_models.DescribeTaskRequest(task_id=task_id)).body

    def end(task_id):
        return poll(lambda: read(task_id).task_state, ["waiting_to_run", "running"])

    def reboot():
        nodes = ["e01-cn-demo-0001"]
        request = eflo_models.RebootNodesRequest(cluster_id=LINGJUN_CLUSTER, nodes=nodes)
        return client.reboot_nodes(request).body.task_id

    def reimage(image_id):
        node = eflo_models.ReimageNodesRequestNodes(node_id="e01-cn-demo-0002", image_id=image_id)
        request = eflo_models.ReimageNodesRequest(cluster_id=LINGJUN_CLUSTER, nodes=[node])
        return client.reimage_nodes(request).body.task_id

    succeeded = end(reboot())
    canceled = reboot()
    cancel_from_outside(canceled)
    canceled_word = end(canceled)
    failed = reimage("m-not-exist")
    failed_word = end(failed)
    steps = [step.step_state for step in read(failed).steps]
    unknown = lambda: read("i000000000000000000000")
    return {
        "succeeded": succeeded,
        "canceled": canceled_word,
        "failed": [failed_word, steps[-1]],
        "unknown": refused(unknown),
    }


def bdrc():
    client = BdrcClient(config())

    def read(task_id):
        return client.describe_task(task_id).body.data

    def end(task_id):
        return poll(lambda: read(task_id).task_status, ["CREATED", "RUNNING"])

    def update():
        request = bdrc_models.UpdateResourcesRequest(resource_type="ACS::OSS::Bucket")
        return client.update_resources(request).body.data.task_id

    def check(arn):
        request = bdrc_models.CheckRulesRequest(resource_arn=arn)
        return client.check_rules(request).body.data.task_id

    succeeded = end(update())
    canceled = update()
    cancel_from_outside(canceled)
    canceled_word = end(canceled)
    failed = check("acs:ecs:cn-shanghai:1:instance/i-nobody")
    return {
        "succeeded": succeeded,
        "canceled": canceled_word,
        "failed": [end(failed), "does not exist" in read(failed).error_message],
        "unknown": refused(lambda: read("t-00000000000000000000")),
    }


def cloud_control():
    client = CloudControlClient(config())

    def read(task_id):
        return client.get_task(task_id).body.task

    def end(task_id):
        return poll(lambda: read(task_id).status, ["Pending", "Running", "Cancelling"])

    def create(code, **properties):
        request = cloudcontrol_models.CreateResourceRequest(region_id="cn-beijing", body=properties)
        return client.create_resource(f"{VPC}/{code}", request).body.task_id

    succeeded = end(create("VPC", VpcName="demo"))
    canceled = create("VPC", VpcName="never")
    client.cancel_task(canceled)
    canceled_word = end(canceled)
    failed = create("VSwitch", VpcId="vpc-nobody")
    failed_word = end(failed)
    return {
        "succeeded": succeeded,
        "canceled": canceled_word,
        "failed": [failed_word, read(failed).error.code],
        "unknown": refused(lambda: read("task-00000000000000000000000000000")),
        "too late": refused(lambda: client.cancel_task(failed)),
    }


PRODUCTS = {"ack": ack, "lingjun": lingjun, "bdrc": bdrc, "cloudcontrol": cloud_control}
with ThreadPoolExecutor(len(PRODUCTS)) as pool:
    running = {name: pool.submit(run) for name, run in PRODUCTS.items()}
    print(json.dumps({name: ended.result() for name, ended in running.items()}))
