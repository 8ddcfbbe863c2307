import type { JsonObject } from "../../core/json.ts";
import { beijingTime } from "../times.ts";

/** The values from which a cluster is made. */
export interface ClusterFacts {
  readonly name: string;
  readonly clusterType: string;
  readonly clusterSpec: string;
  readonly regionId: string;
  readonly version: string;
  readonly vpcId: string;
  readonly vswitchIds: readonly string[];
  readonly containerCidr: string;
  readonly serviceCidr: string;
  readonly deletionProtection: boolean;
  readonly createdAt: number;
  readonly state: string;
}

/** A cluster as it is stored, with the field names of DescribeClusterDetail. */
export function clusterData(id: string, facts: ClusterFacts): JsonObject {
  return {
    cluster_id: id,
    name: facts.name,
    cluster_type: facts.clusterType,
    cluster_spec: facts.clusterSpec,
    profile: "Default",
    region_id: facts.regionId,
    state: facts.state,
    init_version: facts.version,
    current_version: facts.version,
    next_version: "",
    vpc_id: facts.vpcId,
    vswitch_ids: facts.vswitchIds,
    vswitch_id: facts.vswitchIds.join(","),
    container_cidr: facts.containerCidr,
    service_cidr: facts.serviceCidr,
    subnet_cidr: facts.containerCidr,
    network_mode: "vpc",
    proxy_mode: "ipvs",
    ip_stack: "ipv4",
    cluster_domain: "cluster.local",
    security_group_id: `sg-${id.slice(1, 21)}`,
    resource_group_id: "rg-acfm00000000001",
    external_loadbalancer_id: `lb-${id.slice(1, 21)}`,
    worker_ram_role_name: `KubernetesWorkerRole-${id.slice(1, 9)}`,
    deletion_protection: facts.deletionProtection,
    private_zone: false,
    tags: [],
    timezone: "Asia/Shanghai",
    created: beijingTime(facts.createdAt),
    updated: beijingTime(facts.createdAt),
  };
}

export interface NodePoolFacts {
  readonly name: string;
  readonly regionId: string;
  readonly isDefault: boolean;
  readonly instanceTypes: readonly string[];
  readonly vswitchIds: readonly string[];
  readonly createdAt: number;
  readonly state: string;
  readonly maxNodes: number;
}

/** A node pool as it is stored, with the field names of DescribeClusterNodePoolDetail. */
export function nodePoolData(id: string, facts: NodePoolFacts): JsonObject {
  return {
    nodepool_info: {
      nodepool_id: id,
      name: facts.name,
      type: "ess",
      is_default: facts.isDefault,
      region_id: facts.regionId,
      resource_group_id: "rg-acfm00000000001",
      created: beijingTime(facts.createdAt),
      updated: beijingTime(facts.createdAt),
    },
    scaling_group: {
      scaling_group_id: `asg-${id.slice(2, 22)}`,
      instance_types: facts.instanceTypes,
      vswitch_ids: facts.vswitchIds,
      instance_charge_type: "PostPaid",
      image_type: "AliyunLinux3ContainerOptimized",
      multi_az_policy: "BALANCE",
      scaling_policy: "release",
      system_disk_category: "cloud_essd",
      system_disk_size: 120,
      tags: [],
    },
    auto_scaling: { enable: false, min_instances: 0, max_instances: facts.maxNodes, type: "cpu" },
    kubernetes_config: {
      runtime: "containerd",
      runtime_version: "1.6.36",
      labels: [],
      taints: [],
      unschedulable: false,
      cms_enabled: true,
      cpu_policy: "none",
    },
    management: { enable: true, auto_repair: true, auto_upgrade: false },
    tee_config: { tee_enable: false },
    interconnect_mode: "basic",
    max_nodes: facts.maxNodes,
    state: facts.state,
  };
}
