import type { TaskEvent } from "../../src/core/events.ts";
import type { Json, JsonObject } from "../../src/core/json.ts";
import type { WorldResource } from "../../src/core/product.ts";
import { isFinal, type Task } from "../../src/core/task.ts";

/** Where each resource is: `kind id` → what it is inside, and the facts that move it. */
export type Places = Map<string, string>;

type Effect = (places: Places, task: Task) => void;

/**
 * What the log of an account's tasks says must be there: written from what the operations are said to do, without the
 * code that does it. Every effect comes with the end of a step or of the task.
 */
export class ResourceModel {
  readonly places: Places;

  constructor(world: readonly WorldResource[]) {
    this.places = new Map(world.map((resource) => placeOf(resource)));
  }

  /** `task` is the task after the event. */
  apply(task: Task, event: TaskEvent): void {
    const effects = EFFECTS[`${task.product} ${task.type}`];
    if (event.type === "TaskSubmitted") effects?.accepted?.(this.places, task);
    if (event.type === "StepSucceeded") effects?.steps?.[event.step]?.(this.places, task);
    if (isFinal(task.state)) effects?.end?.(this.places, task);
  }
}

/** The same of a resource as it is. */
export function placeOf(resource: Pick<WorldResource, "kind" | "id" | "parent" | "data">) {
  const { kind, id, parent = "", data } = resource;
  const facts: readonly (Json | undefined)[] =
    kind === "lingjun.node"
      ? [data["ClusterId"], data["NodeGroupId"]]
      : kind === "ack.node"
        ? [parent, data["nodepool_id"]]
        : [parent];
  return [`${kind} ${id}`, facts.map(text).join(" ")] as const;
}

interface Effects {
  readonly accepted?: Effect;
  readonly steps?: Readonly<Record<string, Effect>>;
  readonly end?: Effect;
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function list(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as JsonObject[]) : [];
}

function strings(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function succeeded(task: Task): readonly string[] {
  return task.items.filter((item) => item.status === "success").map((item) => item.id);
}

function clusterOf({ attributes }: Task): string {
  return text(attributes["clusterId"]);
}

function poolOf({ attributes }: Task): string {
  return text(attributes["nodePoolId"]);
}

/** Removes what is inside, of one kind. */
function empty(places: Places, kind: string, where: string): void {
  for (const [key, place] of places) {
    if (key.startsWith(`${kind} `) && place.split(" ").includes(where)) places.delete(key);
  }
}

const newNodes: Effect = (places, task) => {
  for (const id of strings(task.outputs["instance_ids"])) {
    places.set(`ack.node ${id}`, `${clusterOf(task)} ${poolOf(task)}`);
  }
};

const removedNodes: Effect = (places, task) => {
  for (const id of succeeded(task)) places.delete(`ack.node ${id}`);
};

const removePool = (places: Places, pool: string) => {
  empty(places, "ack.component", pool);
  places.delete(`ack.nodepool ${pool}`);
};

const joined: Effect = (places, task) => {
  const groups = new Map(
    list(task.attributes["joining"]).map((node) => [
      text(node["NodeId"]),
      text(node["NodeGroupId"]),
    ]),
  );
  for (const id of succeeded(task)) {
    places.set(`lingjun.node ${id}`, `${clusterOf(task)} ${groups.get(id) ?? ""}`);
  }
};

const newGroups: Effect = (places, task) => {
  for (const group of list(task.attributes["newGroups"])) {
    places.set(`lingjun.nodegroup ${text(group["NodeGroupId"])}`, clusterOf(task));
  }
};

/** Nodes that were bought are there, and free, before they join. */
const bought: Effect = (places, task) => {
  for (const { NodeId } of list(task.attributes["joining"])) {
    const key = `lingjun.node ${text(NodeId)}`;
    if (!places.has(key)) places.set(key, " ");
  }
};

const grow = (first: string): Effects => ({
  accepted: bought,
  steps: { [first]: newGroups, initialize_nodes: joined },
  end: joined,
});

const initialize: Effects = {
  ...grow("create_vpd"),
  accepted: (places, task) => places.set(`lingjun.cluster ${clusterOf(task)}`, ""),
};

const moved: Effect = (places, task) => {
  const { NodeGroupId } = (task.attributes["nodeFields"] ?? {}) as JsonObject;
  for (const id of succeeded(task)) {
    places.set(`lingjun.node ${id}`, `${clusterOf(task)} ${text(NodeGroupId)}`);
  }
};

function resourceKey({ attributes }: Task): string {
  const { product, resourceType, resourcePath } = attributes;
  return `cloudcontrol.${text(product)}/${text(resourceType)} ${text(resourcePath)}`;
}

function insideOf({ attributes }: Task): string {
  return text(attributes["resourcePath"]).split("/").slice(0, -2).join("/");
}

const addons = (task: Task) =>
  list(task.attributes["addons"]).map(({ name }) => `ack.addon ${clusterOf(task)}/${text(name)}`);

const EFFECTS: Readonly<Record<string, Effects>> = {
  "ack cluster_create": {
    accepted: (places, task) => places.set(`ack.cluster ${clusterOf(task)}`, ""),
    steps: {
      CreateNodePools: (places, task) => {
        for (const pool of list(task.attributes["newPools"])) {
          places.set(`ack.nodepool ${text(pool["id"])}`, clusterOf(task));
          for (const id of strings(pool["instanceIds"])) {
            places.set(`ack.node ${id}`, `${clusterOf(task)} ${text(pool["id"])}`);
          }
        }
      },
      InstallAddons: (places, task) => {
        for (const name of strings(task.attributes["addonNames"])) {
          places.set(`ack.addon ${clusterOf(task)}/${name}`, clusterOf(task));
        }
      },
    },
  },
  "ack cluster_delete": {
    steps: {
      DeleteCluster: (places, task) => {
        const id = clusterOf(task);
        for (const [key, place] of [...places]) {
          if (key.startsWith("ack.nodepool ") && place === id) removePool(places, key.slice(13));
        }
        for (const kind of ["ack.node", "ack.addon", "ack.inspectreport"]) empty(places, kind, id);
        places.delete(`ack.cluster ${id}`);
      },
    },
  },
  "ack cluster_scaleout": { steps: { CreateInstances: newNodes } },
  "ack cluster_attach": { steps: { PrepareInstances: newNodes } },
  "ack cluster_node_delete": { steps: { RemoveNodes: removedNodes }, end: removedNodes },
  "ack nodepool_create": {
    accepted: (places, task) => places.set(`ack.nodepool ${poolOf(task)}`, clusterOf(task)),
    steps: { CreateInstances: newNodes },
  },
  "ack nodepool_update": {
    steps: {
      ScaleNodes: (places, task) => {
        newNodes(places, task);
        for (const id of strings(task.outputs["released_instance_ids"])) {
          places.delete(`ack.node ${id}`);
        }
      },
    },
  },
  "ack nodepool_delete": {
    steps: {
      RemoveNodes: (places, task) => empty(places, "ack.node", poolOf(task)),
      DeleteScalingGroup: (places, task) => removePool(places, poolOf(task)),
    },
  },
  "ack nodepool_component_install": {
    steps: {
      SaveRevision: (places, task) => {
        for (const { name } of list(task.attributes["components"])) {
          places.set(`ack.component ${poolOf(task)}/${text(name)}`, poolOf(task));
        }
      },
    },
  },
  "ack cluster_addon_install": {
    steps: {
      ApplyAddons: (places, task) => {
        for (const key of addons(task)) places.set(key, clusterOf(task));
      },
    },
  },
  "ack cluster_addon_uninstall": {
    steps: {
      ApplyAddons: (places, task) => {
        for (const key of addons(task)) places.delete(key);
      },
    },
  },
  "ack cluster_inspect": {
    steps: {
      WriteReport: (places, task) =>
        places.set(`ack.inspectreport ${text(task.attributes["reportId"])}`, clusterOf(task)),
    },
  },
  "lingjun initialize_cluster": initialize,
  "lingjun initialize_bare_cluster": initialize,
  "lingjun initialize_ack_edge_cluster": initialize,
  "lingjun extend_cluster": grow("reserve_nodes"),
  "lingjun extend_bare_cluster": grow("reserve_nodes"),
  "lingjun extend_ack_edge_cluster": grow("reserve_nodes"),
  "lingjun cut_node_sub_task": {
    steps: {
      release_node: (places, task) => places.set(`lingjun.node ${text(task.input["NodeId"])}`, " "),
    },
  },
  "lingjun change_node_group": { steps: { change_nodes: moved }, end: moved },
  "lingjun create_node_group": {
    accepted: (places, task) =>
      places.set(`lingjun.nodegroup ${text(task.attributes["nodeGroupId"])}`, clusterOf(task)),
  },
  "lingjun delete_node_group": {
    steps: {
      delete_node_group: (places, task) =>
        places.delete(`lingjun.nodegroup ${text(task.attributes["nodeGroupId"])}`),
    },
  },
  "lingjun release_cluster": {
    steps: {
      release_cluster: (places, task) => {
        const id = clusterOf(task);
        for (const [key, place] of places) {
          if (key.startsWith("lingjun.node ") && place.startsWith(`${id} `)) places.set(key, " ");
        }
        empty(places, "lingjun.nodegroup", id);
        places.delete(`lingjun.cluster ${id}`);
      },
    },
  },
  "bdrc UPDATE_CROSS_ACCOUNTS": {
    steps: {
      ApplyTargets: (places, { input }) => {
        for (const { TargetId } of list(input["CreateTargets"])) {
          places.set(`bdrc.crossaccount ${text(TargetId)}`, "");
        }
        for (const { TargetId } of list(input["DeleteTargets"])) {
          places.delete(`bdrc.crossaccount ${text(TargetId)}`);
        }
      },
    },
  },
  "bdrc CHECK_RULES": {
    steps: {
      EvaluateRules: (places, task) => {
        const arn = text(task.input["ResourceArn"]);
        for (const id of succeeded(task)) places.set(`bdrc.check ${id} ${arn}`, arn);
      },
    },
  },
  "cloudcontrol create_resource": {
    steps: { CreateResource: (places, task) => places.set(resourceKey(task), insideOf(task)) },
    // What lost its parent while it was made goes as well.
    end: (places, task) => {
      const inside = insideOf(task);
      const keys = [...places.keys()];
      if (inside !== "" && !keys.some((key) => key.endsWith(` ${inside}`))) {
        places.delete(resourceKey(task));
      }
    },
  },
  "cloudcontrol synchronous_change": {
    accepted: (places, task) => {
      if (task.attributes["taskAction"] === "Delete") places.delete(resourceKey(task));
      else places.set(resourceKey(task), "");
    },
  },
  "cloudcontrol delete_resource": {
    steps: {
      DeleteResource: (places, task) => {
        places.delete(resourceKey(task));
        const path = text(task.attributes["resourcePath"]);
        for (const [key, place] of [...places]) {
          if (key.startsWith("cloudcontrol.") && place === path) places.delete(key);
        }
      },
    },
  },
};
