import type { StartOperation } from "../../../core/product.ts";
import { HEX, randomChars } from "../../id-parts.ts";
import { requiredText, textList } from "../../parameters.ts";
import { clusterOperation } from "../operations.ts";
import { nodesOf, pickNodes } from "../resources.ts";

const cleanUserPermissions: StartOperation = async (parameters) => {
  const uid = requiredText(parameters, "Uid", "the id of a RAM user");
  const target = { type: "user", id: uid };
  return {
    type: "user_permissions_clean",
    input: parameters,
    target,
    attributes: { target, uid, clusterIds: textList(parameters, "ClusterIds") },
    concurrencyKey: `ack/user/${uid}`,
    whenBusy: "reject",
  };
};

/** Operations that do not keep the cluster busy. */
export const inspectionOperations: Readonly<Record<string, StartOperation>> = {
  RunClusterInspect: clusterOperation({
    type: "cluster_inspect",
    cluster: "clusterId",
    prepare: ({ context }) => {
      const reportId = randomChars(HEX, 32, context.random);
      return { attributes: { reportId }, reply: { reportId } };
    },
  }),
  ScanClusterVuls: clusterOperation({ type: "cluster_vul_scan", cluster: "cluster_id" }),
  RunNodeOperation: clusterOperation({
    type: "node_operation",
    cluster: "clusterId",
    nodePool: "nodepoolId",
    replyCluster: "clusterId",
    prepare: async ({ parameters, context, clusterId, nodePoolId }) => {
      requiredText(parameters, "operationAction", "an operation, e.g. restart.kubelet");
      const name = requiredText(parameters, "nodeName", "the name of a node");
      const nodes = await nodesOf(context.resources, clusterId, nodePoolId);
      const [node] = pickNodes(nodes, [name], `node pool ${nodePoolId}`);
      return { attributes: { instanceId: node?.id ?? name } };
    },
  }),
  CleanUserPermissions: cleanUserPermissions,
};
