import type { JsonObject } from "../../../core/json.ts";
import type { StartOperation } from "../../../core/product.ts";
import {
  missingParameter,
  objectList,
  optionalObject,
  optionalText,
  requiredText,
  textList,
} from "../../parameters.ts";
import { defined, resourceNotFound } from "../../simulation.ts";
import {
  type ClusterOperation,
  type ClusterRequest,
  clusterOperation,
  type PlanDetails,
  poolMembers,
} from "../operations.ts";
import { COMPONENT, componentId } from "./components.ts";

const POOL = {
  cluster: "clusterId",
  nodePool: "nodepoolId",
  busy: "updating",
  poolBusy: "updating",
} as const satisfies Partial<ClusterOperation>;

/** @param nodeNames the parameter that lists the nodes; without it, all nodes of the pool are meant. */
async function planDetails(
  request: ClusterRequest,
  components: readonly JsonObject[],
  nodeNames: string,
): Promise<PlanDetails> {
  const instanceIds = await poolMembers(request, textList(request.parameters, nodeNames));
  return { attributes: { components, instanceIds, nodeFields: {} } };
}

function componentsOf(parameters: JsonObject): readonly JsonObject[] {
  const components = objectList(parameters, "components");
  if (components.length === 0)
    throw missingParameter("components", "a list with at least one component");
  return components.map(componentOf);
}

function componentOf(parameters: JsonObject): JsonObject {
  return {
    name: requiredText(parameters, "name", "the name of a component"),
    ...defined({
      version: optionalText(parameters, "version"),
      config: optionalObject(parameters, "config"),
    }),
  };
}

async function checkInstalled(
  { context, nodePoolId = "" }: ClusterRequest,
  name: string,
): Promise<void> {
  const id = componentId(nodePoolId, name);
  if ((await context.resources.get(COMPONENT, id)) !== undefined) return;
  throw resourceNotFound(
    "component",
    name,
    `it is not installed in node pool ${nodePoolId}; install it first`,
  );
}

function update(nodeNames: string) {
  return async (request: ClusterRequest): Promise<PlanDetails> => {
    const component = componentOf(request.parameters);
    await checkInstalled(request, String(component["name"]));
    return planDetails(request, [component], nodeNames);
  };
}

/** Operations on components of node pools. The two older operations spell their parameters in camelCase. */
export const componentOperations: Readonly<Record<string, StartOperation>> = {
  CreateNodePoolComponentInstances: clusterOperation({
    ...POOL,
    type: "nodepool_component_install",
    replyCluster: "cluster_id",
    prepare: (request) => planDetails(request, componentsOf(request.parameters), "node_names"),
  }),
  UpdateNodePoolComponentInstance: clusterOperation({
    ...POOL,
    type: "nodepool_component_update",
    replyCluster: "cluster_id",
    prepare: update("node_names"),
  }),
  DeleteNodePoolComponentInstance: clusterOperation({
    ...POOL,
    type: "nodepool_component_uninstall",
    replyCluster: "cluster_id",
    prepare: async (request) => {
      const name = requiredText(request.parameters, "name", "the name of a component");
      await checkInstalled(request, name);
      return planDetails(request, [{ name }], "node_names");
    },
  }),
  InstallNodePoolComponents: clusterOperation({
    ...POOL,
    nodePool: "nodePoolId",
    type: "nodepool_component_install",
    replyCluster: "clusterId",
    prepare: (request) => planDetails(request, componentsOf(request.parameters), "nodeNames"),
  }),
  UpdateNodePoolComponent: clusterOperation({
    ...POOL,
    type: "nodepool_component_update",
    replyCluster: "clusterId",
    prepare: update("nodeNames"),
  }),
};
