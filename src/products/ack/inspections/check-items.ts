import type { Json, JsonObject } from "../../../core/json.ts";
import type { Resource } from "../../../core/resource.ts";
import { isObject, objectsOf, stringOf, stringsOf } from "../../simulation.ts";
import { quotaOf } from "../resources.ts";
import { nextVersion } from "../versions.ts";

/** The resources that an inspection checks. */
export interface Inspected {
  readonly cluster: Resource;
  readonly pools: readonly Resource[];
  readonly nodes: readonly Resource[];
}

type Texts = Readonly<Record<"name" | "description" | "fix", string>>;

/** One item of an inspection, in the words of GetClusterInspectReportDetail. */
interface CheckItem {
  readonly uid: string;
  readonly category: "security" | "performance" | "stability" | "limitation" | "cost";
  readonly level: "advice" | "warning" | "error" | "critical";
  readonly targetType: "Cluster" | "NodePool" | "Node";
  /** The ids of the abnormal resources, none if all is well. */
  readonly abnormal: (inspected: Inspected) => readonly string[];
  readonly texts: Readonly<Record<"zh_CN" | "en_US", Texts>>;
}

/** The items that the simulation knows the truth about. The real product has many more. Uids and texts are INFERRED. */
const CHECK_ITEMS: readonly CheckItem[] = [
  {
    uid: "NodeNotReady",
    category: "stability",
    level: "error",
    targetType: "Node",
    abnormal: ({ nodes }) => idsOf(nodes, (node) => node["node_status"] !== "Ready"),
    texts: {
      zh_CN: { name: "节点状态", description: "节点未就绪", fix: "修复节点池或移除节点" },
      en_US: {
        name: "Node status",
        description: "Nodes are not ready",
        fix: "Repair the node pool, or remove the nodes",
      },
    },
  },
  {
    uid: "NodePoolQuota",
    category: "limitation",
    level: "warning",
    targetType: "NodePool",
    abnormal: ({ pools, nodes }) =>
      pools.filter((pool) => membersOf(pool, nodes) >= quotaOf(pool)).map(({ id }) => id),
    texts: {
      zh_CN: { name: "节点池配额", description: "节点池已达到节点上限", fix: "使用其他节点池" },
      en_US: {
        name: "Node pool quota",
        description: "The node pool has as many nodes as it may have",
        fix: "Use another node pool",
      },
    },
  },
  {
    uid: "KubernetesVersionOutdated",
    category: "stability",
    level: "warning",
    targetType: "Cluster",
    abnormal: ({ cluster }) =>
      idsOf([cluster], (data) => nextVersion(stringOf(data["current_version"])) !== undefined),
    texts: {
      zh_CN: { name: "集群版本", description: "有更新的 Kubernetes 版本", fix: "升级集群" },
      en_US: {
        name: "Cluster version",
        description: "A newer Kubernetes version is offered",
        fix: "Upgrade the cluster",
      },
    },
  },
  {
    uid: "DeletionProtectionDisabled",
    category: "security",
    level: "advice",
    targetType: "Cluster",
    abnormal: ({ cluster }) => idsOf([cluster], (data) => data["deletion_protection"] !== true),
    texts: {
      zh_CN: { name: "删除保护", description: "集群未开启删除保护", fix: "开启删除保护" },
      en_US: {
        name: "Deletion protection",
        description: "The cluster is not protected against deletion",
        fix: "Switch deletion protection on",
      },
    },
  },
  {
    uid: "AutoRepairDisabled",
    category: "stability",
    level: "advice",
    targetType: "NodePool",
    abnormal: ({ pools }) =>
      idsOf(pools, ({ management }) => isObject(management) && management["auto_repair"] === false),
    texts: {
      zh_CN: { name: "自动修复", description: "节点池未开启自动修复", fix: "开启自动修复" },
      en_US: {
        name: "Automatic repair",
        description: "The node pool does not repair its nodes",
        fix: "Switch automatic repair on",
      },
    },
  },
];

function idsOf(
  resources: readonly Resource[],
  bad: (data: JsonObject) => boolean,
): readonly string[] {
  return resources.filter(({ data }) => bad(data)).map(({ id }) => id);
}

function membersOf(pool: Resource, nodes: readonly Resource[]): number {
  return nodes.filter(({ data }) => data["nodepool_id"] === pool.id).length;
}

/** The content of a report: the uid of each item, and the ids of what is abnormal. */
export function inspect(inspected: Inspected): readonly JsonObject[] {
  return CHECK_ITEMS.map(({ uid, abnormal }) => ({ uid, targets: [...abnormal(inspected)] }));
}

/** How many items were abnormal, by level. */
export function summaryOf(found: Json | undefined): JsonObject {
  const abnormal = itemsOf(found).filter(({ targets }) => targets.length > 0);
  const count = (levels: readonly string[]) =>
    abnormal.filter(({ item }) => levels.includes(item.level)).length;
  const [errorCount, warnCount] = [count(["error", "critical"]), count(["warning"])];
  const adviceCount = count(["advice"]);
  const worst = adviceCount > 0 ? "advice" : "normal";
  return {
    code: errorCount > 0 ? "error" : warnCount > 0 ? "warning" : worst,
    errorCount,
    warnCount,
    adviceCount,
    normalCount: itemsOf(found).length - abnormal.length,
  };
}

/** The items of a report in one language. */
export function checkResults(
  found: Json | undefined,
  language: keyof CheckItem["texts"],
): readonly JsonObject[] {
  return itemsOf(found).map(({ item, targets }) => ({
    checkItemUid: item.uid,
    ...item.texts[language],
    category: item.category,
    level: item.level,
    targetType: item.targetType,
    targets,
    result: String(targets.length > 0),
  }));
}

function itemsOf(found: Json | undefined) {
  const kept = objectsOf(found);
  return CHECK_ITEMS.flatMap((item) => {
    const own = kept.find(({ uid }) => uid === item.uid);
    return own === undefined ? [] : [{ item, targets: stringsOf(own["targets"]) }];
  });
}
