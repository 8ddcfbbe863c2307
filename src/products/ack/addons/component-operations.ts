import type { JsonObject } from "../../../core/json.ts";
import type { Operation } from "../../../core/product.ts";
import { missing, object, objects, requiredText, text, texts } from "../../parameters.ts";
import { defined, notFound } from "../../simulation.ts";
import {
  type ClusterOperation,
  clusterOperation,
  type Extra,
  type Request,
} from "../operations.ts";
import { nodesOf, pickNodes } from "../resources.ts";
import { COMPONENT, componentId } from "./components.ts";

const POOL = {
  cluster: "clusterId",
  nodePool: "nodepoolId",
  busy: "updating",
  poolBusy: "updating",
} as const satisfies Partial<ClusterOperation>;

/** What a row asks of the request: the components, and the name of the parameter with the nodes' names. */
async function extra(
  request: Request,
  components: readonly JsonObject[],
  nodeNames: string,
): Promise<Extra> {
  const { parameters, context, clusterId, nodePoolId } = request;
  const names = texts(parameters, nodeNames);
  const nodes = await nodesOf(context.resources, clusterId, nodePoolId);
  const picked = names.length > 0 ? pickNodes(nodes, names, `node pool ${nodePoolId}`) : nodes;
  return {
    attributes: { components, instanceIds: picked.map((node) => node.id), nodeFields: {} },
  };
}

function asked(parameters: JsonObject): readonly JsonObject[] {
  const components = objects(parameters, "components");
  if (components.length === 0) throw missing("components", "a list with at least one component");
  return components.map((component) => oneAsked(component));
}

function oneAsked(parameters: JsonObject): JsonObject {
  return {
    name: requiredText(parameters, "name", "the name of a component"),
    ...defined({ version: text(parameters, "version"), config: object(parameters, "config") }),
  };
}

async function installed({ context, nodePoolId = "" }: Request, name: string): Promise<void> {
  const id = componentId(nodePoolId, name);
  if ((await context.resources.get(COMPONENT, id)) !== undefined) return;
  throw notFound("component", name, `node pool ${nodePoolId} has it not; install it first`);
}

function update(nodeNames: string) {
  return async (request: Request): Promise<Extra> => {
    const component = oneAsked(request.parameters);
    await installed(request, String(component["name"]));
    return extra(request, [component], nodeNames);
  };
}

/** Components of node pools; the older pair of operations spells everything in camelCase. */
export const componentOperations: Readonly<Record<string, Operation>> = {
  CreateNodePoolComponentInstances: clusterOperation({
    ...POOL,
    type: "nodepool_component_install",
    replyCluster: "cluster_id",
    prepare: (request) => extra(request, asked(request.parameters), "node_names"),
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
      await installed(request, name);
      return extra(request, [{ name }], "node_names");
    },
  }),
  InstallNodePoolComponents: clusterOperation({
    ...POOL,
    nodePool: "nodePoolId",
    type: "nodepool_component_install",
    replyCluster: "clusterId",
    prepare: (request) => extra(request, asked(request.parameters), "nodeNames"),
  }),
  UpdateNodePoolComponent: clusterOperation({
    ...POOL,
    type: "nodepool_component_update",
    replyCluster: "clusterId",
    prepare: update("nodeNames"),
  }),
};
