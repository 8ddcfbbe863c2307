import type { Json, JsonObject } from "../../core/json.ts";
import { optionalFlag, optionalObject, sameNames, textList } from "../parameters.ts";
import { isObject, without } from "../simulation.ts";

/** Names of request parameters, and the fields of the answers that show them. */
type Names = Readonly<Record<string, string>>;

/** The parameters that the request has, with the field names of the answers. */
export function pickFields(parameters: JsonObject, names: Names): JsonObject {
  const fields: Record<string, Json> = {};
  for (const [name, field] of Object.entries(names)) {
    const value = parameters[name];
    if (value !== undefined && value !== null) fields[field] = value;
  }
  return fields;
}

/** Optional parameters of CreateCluster that DescribeClusterDetail shows. */
const OF_NEW_CLUSTER: Names = {
  ...sameNames(["auto_mode", "cluster_domain", "control_plane_config"]),
  ...sameNames(["control_plane_endpoints_config", "extra_sans", "ip_stack", "maintenance_window"]),
  ...sameNames(["node_cidr_mask", "operation_policy", "profile", "proxy_mode", "timezone"]),
  ...sameNames(["resource_group_id", "security_group_id", "zone_id"]),
  load_balancer_id: "external_loadbalancer_id",
};

/** Parameters of ModifyCluster that DescribeClusterDetail shows. */
const OF_CHANGED_CLUSTER: Names = {
  ...sameNames(["cluster_spec", "control_plane_config", "control_plane_endpoints_config"]),
  ...sameNames(["deletion_protection", "maintenance_window", "operation_policy", "timezone"]),
  ...sameNames(["resource_group_id", "security_group_id", "vswitch_ids"]),
  cluster_name: "name",
};

export function newClusterFields(parameters: JsonObject): JsonObject {
  return { ...pickFields(parameters, OF_NEW_CLUSTER), ...rrsa(parameters) };
}

export function changedClusterFields(parameters: JsonObject): JsonObject {
  const vswitches = textList(parameters, "vswitch_ids");
  return {
    ...pickFields(parameters, OF_CHANGED_CLUSTER),
    ...(vswitches.length > 0 && { vswitch_id: vswitches.join(",") }),
    ...rrsa(parameters),
  };
}

/** RRSA is enabled by a flag or by a group of settings. The answers show only the group. */
function rrsa(parameters: JsonObject): JsonObject {
  const settings = optionalObject(parameters, "rrsa_config") ?? {};
  const enabled = optionalFlag(parameters, "enable_rrsa") ?? optionalFlag(settings, "enabled");
  return enabled === undefined ? {} : { rrsa_config: { ...settings, enabled } };
}

/** Groups of fields of a node pool, which have the same names in requests and answers. */
const OF_POOL = sameNames([
  "auto_mode",
  "auto_scaling",
  "eflo_node_group",
  "host_network",
  "interconnect_config",
  "interconnect_mode",
  "intranet",
  "kubernetes_config",
  "management",
  "node_components",
  "node_config",
  "nodepool_info",
  "scaling_group",
  "tee_config",
]);

/** The requested fields of a node pool, without the id: a caller cannot choose it. */
export function poolFields(parameters: JsonObject): JsonObject {
  const fields = pickFields(parameters, OF_POOL);
  const info = fields["nodepool_info"];
  return isObject(info) ? { ...fields, nodepool_info: without(["nodepool_id"], info) } : fields;
}

/** Parameters of CreateCluster for its own nodes (`num_of_nodes`). They are older than node pools. */
const OF_WORKERS: Names = {
  ...sameNames(["cis_enabled", "image_id", "image_type", "key_pair", "login_password", "platform"]),
  ...sameNames(["rds_instances", "security_hardening_os", "soc_enabled", "vswitch_ids"]),
  worker_auto_renew: "auto_renew",
  worker_auto_renew_period: "auto_renew_period",
  worker_data_disks: "data_disks",
  worker_instance_charge_type: "instance_charge_type",
  worker_instance_types: "instance_types",
  worker_period: "period",
  worker_period_unit: "period_unit",
  worker_system_disk_category: "system_disk_category",
  worker_system_disk_performance_level: "system_disk_performance_level",
  worker_system_disk_size: "system_disk_size",
  worker_system_disk_snapshot_policy_id: "system_disk_snapshot_policy_id",
  worker_vswitch_ids: "vswitch_ids",
};
const OF_KUBERNETES: Names = {
  ...sameNames(["cpu_policy", "node_name_mode", "taints", "user_data"]),
  cloud_monitor_flags: "cms_enabled",
};
const OF_RUNTIME: Names = { name: "runtime", version: "runtime_version" };

/** The pool of these nodes, in the form of a request of CreateClusterNodePool. */
export function workerPool(parameters: JsonObject, name: string, count: number): JsonObject {
  return {
    nodepool_info: { name },
    scaling_group: { ...pickFields(parameters, OF_WORKERS), desired_size: count },
    kubernetes_config: {
      ...pickFields(parameters, OF_KUBERNETES),
      ...pickFields(optionalObject(parameters, "runtime") ?? {}, OF_RUNTIME),
    },
  };
}
