import type { JsonObject } from "../../../core/json.ts";
import type { StepContext, StepHandler } from "../../../core/step-context.ts";
import type { TaskType } from "../../../core/task-type.ts";
import { objectsOf, oneByOne, type SimulatedWork, stringOf } from "../../simulation.ts";
import { clusterTask, fail, stage } from "../stages.ts";

/** Id: `<cluster id>/<name>`; parent: the cluster. */
export const ADDON = "ack.addon";

const DEFAULT_VERSION = "v1.0.0";

export function addonId(clusterId: string, name: string): string {
  return `${clusterId}/${name}`;
}

export function addonData(name: string, version: string, config: string): JsonObject {
  return { name, version: version === "" ? DEFAULT_VERSION : version, config, state: "active" };
}

/** One entry of the request, with the same field names for all three operations. */
interface Addon {
  readonly name: string;
  readonly version: string;
  readonly config: string;
}

/** Installing an addon that is installed already fails, with the text of the one example that the vendor publishes. */
export function addonTasks(work: SimulatedWork): readonly TaskType[] {
  return [
    addonTask(work, "install", async (addon, context) => {
      const id = addonId(clusterOf(context), addon.name);
      if ((await context.resources.get(ADDON, id)) !== undefined) {
        const cause = `Addon status not match: ${addon.name} is installed in ${clusterOf(context)} already`;
        context.item(addon.name, "failed", cause);
        fail(context, "BadRequest", "AddonInstallFailed", cause);
      }
      const data = addonData(addon.name, addon.version, addon.config);
      context.resources.put(ADDON, id, data, clusterOf(context));
    }),
    addonTask(work, "upgrade", async (addon, context) => {
      const { version, config } = addon;
      context.resources.update(ADDON, addonId(clusterOf(context), addon.name), (data) => ({
        ...data,
        version,
        ...(config !== "" && { config }),
      }));
    }),
    addonTask(work, "uninstall", async (addon, context) => {
      context.resources.remove(ADDON, addonId(clusterOf(context), addon.name));
    }),
  ];
}

type OneAddon = (addon: Addon, context: StepContext) => Promise<void>;

/** Either all addons of a request change, or none. */
function addonTask(work: SimulatedWork, verb: string, each: OneAddon): TaskType {
  const reason = `Addon${verb[0]?.toUpperCase()}${verb.slice(1)}`;
  return clusterTask({
    type: `cluster_addon_${verb}`,
    steps: {
      CheckAddons: stage(work, {
        ms: 600,
        message: "check the components",
        start: `${reason}Start`,
        does: announceAddons,
      }),
      ApplyAddons: stage(work, {
        message: `${verb} the components`,
        does: applyAddons(work, each),
      }),
      VerifyAddons: stage(work, {
        ms: 700,
        message: "verify the components",
        done: `${reason}Succeed`,
      }),
    },
  });
}

function applyAddons(work: SimulatedWork, each: OneAddon): StepHandler {
  return async (_input, context) => {
    await oneByOne(work, context, addonsOf(context.attributes), 2_000, (addon) =>
      each(addon, context),
    );
    for (const { name } of addonsOf(context.attributes)) context.item(name, "success");
  };
}

const announceAddons: StepHandler = async (_input, context) => {
  for (const { name } of addonsOf(context.attributes)) context.item(name, "initial");
};

function addonsOf(attributes: JsonObject): readonly Addon[] {
  return objectsOf(attributes["addons"]).map((addon) => ({
    name: stringOf(addon["name"]),
    version: stringOf(addon["version"]),
    config: stringOf(addon["config"]),
  }));
}

function clusterOf(context: StepContext): string {
  return stringOf(context.attributes["clusterId"]);
}
