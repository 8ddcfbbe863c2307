"""Starts one operation of each product with Alibaba Cloud's own Python SDKs, polls its task, prints how it ended."""

import json
import sys
import time

from alibabacloud_bdrc20230808 import models as bdrc_models
from alibabacloud_bdrc20230808.client import Client as BdrcClient
from alibabacloud_cloudcontrol20220830 import models as cloudcontrol_models
from alibabacloud_cloudcontrol20220830.client import Client as CloudControlClient
from alibabacloud_cs20151215 import models as cs_models
from alibabacloud_cs20151215.client import Client as CsClient
from alibabacloud_eflo_controller20221215 import models as eflo_models
from alibabacloud_eflo_controller20221215.client import Client as EfloClient
from alibabacloud_tea_openapi.models import Config

CLUSTER = "c0000000000000000000000000000da01"
NODE_POOL = "np0000000000000000000000000000da01"
POLL_S = 0.05

settings = json.load(sys.stdin)


def config():
    return Config(
        access_key_id=settings["accessKeyId"],
        access_key_secret=settings["accessKeySecret"],
        security_token=settings.get("securityToken"),
        endpoint=settings["address"],
        protocol="http",
        region_id="cn-hangzhou",
        # None is ACS3; v2 is what the libraries call ROA v1 and RPC v1.
        signature_algorithm=settings.get("signatureAlgorithm"),
    )


def poll(read, running):
    while True:
        state = read()
        if state not in running:
            return state
        time.sleep(POLL_S)


def ack():
    client = CsClient(config())
    request = cs_models.ScaleClusterNodePoolRequest(count=1)
    task_id = client.scale_cluster_node_pool(CLUSTER, NODE_POOL, request).body.task_id
    return poll(lambda: client.describe_task_info(task_id).body.state, ["running"])


def lingjun():
    client = EfloClient(config())
    request = eflo_models.RebootNodesRequest(
        cluster_id="i100000000000000000001", nodes=["e01-cn-demo-0001"]
    )
    task_id = client.reboot_nodes(request).body.task_id
    read = lambda: client.describe_task(eflo_models.DescribeTaskRequest(task_id=task_id)).body
    return poll(lambda: read().task_state, ["waiting_to_run", "running"])


def bdrc():
    client = BdrcClient(config())
    request = bdrc_models.UpdateResourcesRequest(resource_type="ACS::OSS::Bucket")
    task_id = client.update_resources(request).body.data.task_id
    return poll(lambda: client.describe_task(task_id).body.data.task_status, ["CREATED", "RUNNING"])


def cloud_control():
    client = CloudControlClient(config())
    request = cloudcontrol_models.CreateResourceRequest(
        region_id="cn-beijing", body={"VpcName": "demo", "CidrBlock": "192.168.0.0/16"}
    )
    path = "/api/v1/providers/Aliyun/products/VPC/resources/VPC"
    task_id = client.create_resource(path, request).body.task_id
    return poll(lambda: client.get_task(task_id).body.task.status, ["Pending", "Running"])


def refusal():
    """What the SDK makes of an unknown task: the code of its error."""
    try:
        CsClient(config()).describe_task_info("T-000000000000000000000000")
    except Exception as error:  # the SDKs' error classes differ by version
        return str(getattr(error, "code", error))
    return "none"


products = {"ack": ack, "lingjun": lingjun, "bdrc": bdrc, "cloudcontrol": cloud_control}
print(json.dumps({**{name: run() for name, run in products.items()}, "refusal": refusal()}))
