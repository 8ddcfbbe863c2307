/** The part of V8's .cpuprofile that is used here. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
  /** Microseconds, on the clock of `process.hrtime`. */
  readonly startTime: number;
}

/** What was sampled from one moment to another; start-up and end left out. */
export function between(profile: CpuProfile, fromUs: number, toUs: number): CpuProfile {
  const samples: number[] = [];
  const timeDeltas: number[] = [];
  let now = profile.startTime;
  for (const [place, sample] of profile.samples.entries()) {
    const delta = profile.timeDeltas[place] ?? 0;
    now += delta;
    if (now < fromUs || now > toUs) continue;
    samples.push(sample);
    timeDeltas.push(delta);
  }
  return { ...profile, samples, timeDeltas, startTime: fromUs };
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
  };
  readonly children?: readonly number[];
}

export interface Share {
  readonly name: string;
  /** Of the time that was not idle. */
  readonly percent: number;
}

const IDLE = new Set(["(idle)"]);

/** How much of the time the thread had something to do, waiting for the disk inside a call included. */
export function busyPercent(profile: CpuProfile): number {
  const idle = new Set(
    profile.nodes.filter((node) => IDLE.has(node.callFrame.functionName)).map(({ id }) => id),
  );
  let busy = 0;
  let total = 0;
  for (const [place, sample] of profile.samples.entries()) {
    const time = profile.timeDeltas[place] ?? 0;
    total += time;
    if (!idle.has(sample)) busy += time;
  }
  return (busy / total) * 100;
}

/** By function, its own time only. */
export function byFunction(profile: CpuProfile): readonly Share[] {
  return shares(profile, ({ callFrame: { functionName, url, lineNumber } }) => {
    const place = placeOf(url);
    const name = functionName || "(anonymous)";
    return place === "" ? name : `${name}  ${place}:${lineNumber + 1}`;
  });
}

/** By part of the program: Node's modules, packages, our folders; native work under whoever called it. */
export function byArea(profile: CpuProfile): readonly Share[] {
  const parents = parentsOf(profile);
  return shares(profile, (node) => areaOf(node, parents));
}

function areaOf(node: ProfileNode, parents: ReadonlyMap<number, ProfileNode>): string {
  const { functionName, url } = node.callFrame;
  if (functionName === "(garbage collector)") return functionName;
  if (url !== "") return folderOf(url);
  const parent = parents.get(node.id);
  return parent === undefined || parent.callFrame.functionName === "(root)"
    ? functionName
    : areaOf(parent, parents);
}

function folderOf(url: string): string {
  const place = placeOf(url);
  if (place.startsWith("node:")) return place;
  const parts = place.split("/");
  return parts.slice(0, place.startsWith("node_modules") ? 2 : -1).join("/") || place;
}

/** Without the machine's own directories. */
function placeOf(url: string): string {
  const packages = url.lastIndexOf("/node_modules/");
  if (packages >= 0) return url.slice(packages + 1);
  const ours = /\/((?:dist|src|bench)\/.*)$/.exec(url)?.[1];
  return ours ?? url;
}

function parentsOf(profile: CpuProfile): ReadonlyMap<number, ProfileNode> {
  const parents = new Map<number, ProfileNode>();
  for (const node of profile.nodes) {
    for (const child of node.children ?? []) parents.set(child, node);
  }
  return parents;
}

function shares(profile: CpuProfile, nameOf: (node: ProfileNode) => string): readonly Share[] {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const times = new Map<string, number>();
  let total = 0;
  for (const [place, sample] of profile.samples.entries()) {
    const node = nodes.get(sample);
    if (node === undefined || IDLE.has(node.callFrame.functionName)) continue;
    const time = profile.timeDeltas[place] ?? 0;
    const name = nameOf(node);
    times.set(name, (times.get(name) ?? 0) + time);
    total += time;
  }
  return [...times]
    .map(([name, time]) => ({ name, percent: (time / total) * 100 }))
    .sort((a, b) => b.percent - a.percent);
}
