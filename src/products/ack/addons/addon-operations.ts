import type { JsonObject } from "../../../core/json.ts";
import type { StartOperation } from "../../../core/product.ts";
import { missingParameter, objectList, optionalText } from "../../parameters.ts";
import { defined, resourceNotFound } from "../../simulation.ts";
import { type ClusterRequest, clusterOperation } from "../operations.ts";
import { ADDON, addonId } from "./addons.ts";

/** The field names that the entries of the request's body use. */
interface EntryNames {
  readonly name: string;
  readonly version: string;
  /** Whether the addon must be installed already. */
  readonly installed: boolean;
}

function addonOperation(type: string, names: EntryNames): StartOperation {
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

function addonsAsked(parameters: JsonObject, names: EntryNames): readonly JsonObject[] {
  const entries = objectList(parameters, "body");
  if (entries.length === 0) throw missingParameter("body", "a list with at least one component");
  return entries.map((entry) => {
    const name = optionalText(entry, names.name);
    if (name === undefined)
      throw missingParameter(`body[].${names.name}`, "the name of a component");
    const version = optionalText(entry, names.version);
    return defined({ name, version, config: optionalText(entry, "config") });
  });
}

async function checkInstalled(
  { context, clusterId }: ClusterRequest,
  addons: readonly JsonObject[],
) {
  for (const { name } of addons) {
    const id = addonId(clusterId, String(name));
    if ((await context.resources.get(ADDON, id)) === undefined) {
      throw resourceNotFound(
        "addon",
        String(name),
        `it is not installed in cluster ${clusterId}; install it first`,
      );
    }
  }
}

export const addonOperations: Readonly<Record<string, StartOperation>> = {
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
