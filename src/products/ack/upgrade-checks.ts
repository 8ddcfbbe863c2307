import type { StepHandler } from "../../core/step-context.ts";
import { stringOf } from "../simulation.ts";
import { CLUSTER } from "./resources.ts";
import { fail } from "./stages.ts";
import { KUBERNETES_VERSIONS } from "./versions.ts";

/** Why the current version cannot be upgraded to the wanted one, undefined if it can. */
type UpgradeProblem = (wanted: string, current: string) => string | undefined;

/** A cluster can be upgraded to a version that ACK offers and that is newer than its own. */
export const checkClusterUpgrade = check("ClusterUpgradeFailed", (wanted, current) =>
  ageOf(wanted) > ageOf(current) ? undefined : `version ${wanted} is not newer than ${current}`,
);

/** Nodes can be upgraded to a version that ACK offers and that is not newer than that of their cluster. */
export const checkPoolUpgrade = check("NodePoolUpgradeFailed", (wanted, current) =>
  ageOf(wanted) <= ageOf(current)
    ? undefined
    : `version ${wanted} is newer than the cluster's, ${current}; upgrade the cluster first`,
);

function check(reason: string, problemOf: UpgradeProblem): StepHandler {
  return async (_input, context) => {
    const clusterId = stringOf(context.attributes["clusterId"]);
    const cluster = await context.resources.get(CLUSTER, clusterId);
    const wanted = stringOf(context.attributes["nextVersion"]);
    if (wanted === "") return;
    const why = KUBERNETES_VERSIONS.includes(wanted)
      ? problemOf(wanted, stringOf(cluster?.data["current_version"]))
      : `Kubernetes version "${wanted}" is not offered`;
    if (why === undefined) return;
    const known = `the versions are ${KUBERNETES_VERSIONS.join(", ")}`;
    fail(context, "PreCheckFailed", reason, `cluster ${clusterId}: ${why}; ${known}`);
  };
}

function ageOf(version: string): number {
  return KUBERNETES_VERSIONS.indexOf(version);
}
