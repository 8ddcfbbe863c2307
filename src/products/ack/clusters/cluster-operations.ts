import { DomainError } from "../../../core/errors.ts";
import type { StartOperation } from "../../../core/product.ts";
import { missingParameter, optionalFlag, optionalText } from "../../parameters.ts";
import { stringOf } from "../../simulation.ts";
import { type ClusterOperation, type ClusterRequest, clusterOperation } from "../operations.ts";
import { changedClusterFields } from "../request-fields.ts";
import { nodesOf } from "../resources.ts";
import { nextVersion } from "../versions.ts";
import { createCluster } from "./create-cluster.ts";

const upgradeCluster = clusterOperation({
  type: "cluster_upgrade",
  cluster: "ClusterId",
  busy: "updating",
  replyCluster: "cluster_id",
  prepare: async ({ parameters, context, cluster, clusterId }) => {
    const wanted =
      optionalText(parameters, "next_version") ??
      optionalText(parameters, "version") ??
      nextVersion(stringOf(cluster.data["current_version"]));
    if (wanted === undefined)
      throw missingParameter("next_version", "the Kubernetes version to upgrade to");
    const nodes = optionalFlag(parameters, "master_only")
      ? []
      : await nodesOf(context.resources, clusterId);
    return {
      attributes: {
        nextVersion: wanted,
        clusterFields: { current_version: wanted, next_version: "" },
        nodeFields: { kubelet_version: wanted },
        instanceIds: nodes.map((node) => node.id),
      },
    };
  },
});

const deleteCluster = clusterOperation({
  type: "cluster_delete",
  cluster: "ClusterId",
  busy: "deleting",
  replyCluster: "cluster_id",
  evenIfFailed: true,
  prepare: ({ cluster, clusterId }) => {
    if (cluster.data["deletion_protection"] === true) {
      const message = `cluster ${clusterId} is protected against deletion; switch deletion_protection off with ModifyCluster first`;
      throw new DomainError("InvalidParameter", message, {
        parameter: "deletion_protection",
        found: "true",
        expected: "false",
      });
    }
    return {};
  },
});

function modifications({ parameters }: ClusterRequest) {
  return { attributes: { clusterFields: changedClusterFields(parameters) } };
}

/** An operation whose parameters are stored unchanged in one field of the cluster. */
function configuration(cluster: string, field: string): ClusterOperation {
  return {
    type: "cluster_configuration_modify",
    cluster,
    busy: "updating",
    replyCluster: "cluster_id",
    prepare: ({ parameters }) => {
      const { [cluster]: _id, ...settings } = parameters;
      return { attributes: { clusterFields: { [field]: settings } } };
    },
  };
}

/** Operations on a cluster as a whole. */
export const clusterOperations: Readonly<Record<string, StartOperation>> = {
  CreateCluster: createCluster,
  DeleteCluster: deleteCluster,
  UpgradeCluster: upgradeCluster,
  MigrateCluster: clusterOperation({
    type: "cluster_migrate",
    cluster: "cluster_id",
    busy: "updating",
    replyCluster: "cluster_id",
    prepare: () => ({ attributes: { clusterFields: { cluster_spec: "ack.pro.small" } } }),
  }),
  ModifyCluster: clusterOperation({
    type: "cluster_modify",
    cluster: "ClusterId",
    busy: "updating",
    replyCluster: "cluster_id",
    prepare: modifications,
  }),
  CreateAutoscalingConfig: clusterOperation(configuration("ClusterId", "autoscaling_config")),
  UpdateClusterAuditLogConfig: clusterOperation(configuration("clusterid", "audit_log_config")),
  UpdateControlPlaneLog: clusterOperation(configuration("ClusterId", "control_plane_log_config")),
};
