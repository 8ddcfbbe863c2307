import type { JsonObject } from "../../../core/json.ts";
import type { Operation } from "../../../core/product.ts";
import { missing, objects, text } from "../../parameters.ts";
import { defined, notFound } from "../../simulation.ts";
import { clusterOperation, type Request } from "../operations.ts";
import { ADDON, addonId } from "./addons.ts";

/** What the entries of the request's body call the addon and the version it is to have. */
interface Names {
  readonly name: string;
  readonly version: string;
  /** Whether the addon must be there already. */
  readonly installed: boolean;
}

function addonOperation(type: string, names: Names): Operation {
  return clusterOperation({
    type,
    cluster: "ClusterId",
    busy: "updating",
    replyCluster: "cluster_id",
    prepare: async (request) => {
      const addons = addonsAsked(request.parameters, names);
      if (names.installed) await checkInstalled(request, addons);
      return { attributes: { addons } };
    },
  });
}

function addonsAsked(parameters: JsonObject, names: Names): readonly JsonObject[] {
  const entries = objects(parameters, "body");
  if (entries.length === 0) throw missing("body", "a list with at least one component");
  return entries.map((entry) => {
    const name = text(entry, names.name);
    if (name === undefined) throw missing(`body[].${names.name}`, "the name of a component");
    const version = text(entry, names.version);
    return defined({ name, version, config: text(entry, "config") });
  });
}

async function checkInstalled({ context, clusterId }: Request, addons: readonly JsonObject[]) {
  for (const { name } of addons) {
    const id = addonId(clusterId, String(name));
    if ((await context.resources.get(ADDON, id)) === undefined) {
      throw notFound("addon", String(name), `cluster ${clusterId} has it not; install it first`);
    }
  }
}

export const addonOperations: Readonly<Record<string, Operation>> = {
  InstallClusterAddons: addonOperation("cluster_addon_install", {
    name: "name",
    version: "version",
    installed: false,
  }),
  UpgradeClusterAddons: addonOperation("cluster_addon_upgrade", {
    name: "component_name",
    version: "next_version",
    installed: true,
  }),
  UnInstallClusterAddons: addonOperation("cluster_addon_uninstall", {
    name: "name",
    version: "version",
    installed: true,
  }),
};
