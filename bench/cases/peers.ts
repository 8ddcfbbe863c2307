// Measures the same durable task of four steps on other engines, in the same run.
import type { BenchCase, Effort } from "../case.ts";
import { measureFdatasync } from "../fdatasync.ts";
import type { Program } from "../load/children.ts";
import { emptyDirectory, scratch } from "../load/scratch.ts";
import type { Work } from "../peers/driver.ts";
import type { DriverName } from "../peers/driver-list.ts";
import { type RunningDriver, startDriver } from "../peers/drivers.ts";
import { install } from "../peers/install.ts";
import {
  postgresMissing,
  redisMissing,
  startPostgres,
  startRedis,
  startRestate,
} from "../peers/services.ts";
import { ENGINES } from "../peers/versions.ts";
import { GOALS, type Goal } from "../report/goals.ts";
import { type Findings, GOAL_HEAD, goalCells, number, withEnds } from "../report/report.ts";
import { pairedRatios, spread } from "../report/stats.ts";
import { SUBMITTERS } from "./tasks.ts";

export const peersCase: BenchCase = {
  name: "engines",
  title: "The same durable task of four steps on other engines",
  run,
};

interface Peer {
  readonly name: string;
  /** The settings with which the peer was fastest. */
  readonly settings: string;
  readonly driver: DriverName;
  /** Starts the services that the peer needs, and returns the options for its driver. */
  readonly prepare: (services: Services) => Promise<object>;
  readonly missing?: () => string | undefined;
  readonly goal?: Goal;
  /** Tasks of a round, with all submitters and with one. Slow peers have fewer. */
  readonly tasks: readonly [number, number];
}

const MANY = [3_000, 150] as const;
const FEW = [600, 40] as const;

const PEERS: readonly Peer[] = [
  {
    name: "Taskscribe",
    settings: "SQLite, synchronous=FULL, in one process",
    driver: "ours",
    prepare: async () => ({ directory: emptyDirectory() }),
    tasks: MANY,
  },
  ...(["always", "everysec"] as const).flatMap((fsync): Peer[] => [
    {
      name: `BullMQ, one job, appendfsync ${fsync}`,
      settings: "updateProgress after each step, concurrency 32",
      driver: "bullmq",
      prepare: (services) => services.redis(fsync, "progress"),
      missing: redisMissing,
      ...(fsync === "always" && { goal: GOALS.bullmqProgress }),
      tasks: MANY,
    },
    {
      name: `BullMQ, chained jobs, appendfsync ${fsync}`,
      settings: "each step a job that adds the next, concurrency 32",
      driver: "bullmq",
      prepare: (services) => services.redis(fsync, "chain"),
      missing: redisMissing,
      ...(fsync === "always" && { goal: GOALS.bullmqChain }),
      tasks: [1_500, 80],
    },
  ]),
  {
    name: "pg-boss",
    settings: "batches of 100, 2 workers, LISTEN/NOTIFY, one UPDATE a step",
    driver: "pgBoss",
    prepare: (services) => services.postgres(),
    missing: postgresMissing,
    goal: GOALS.queueOnPostgres,
    tasks: FEW,
  },
  {
    name: "graphile-worker",
    settings: "local queue, batched completion, concurrency 10, one UPDATE a step",
    driver: "graphile",
    prepare: (services) => services.postgres(),
    missing: postgresMissing,
    goal: GOALS.queueOnPostgres,
    tasks: FEW,
  },
  {
    name: "DBOS",
    settings: "workflow of 4 runStep, pool of 10",
    driver: "dbos",
    prepare: (services) => services.postgres(),
    missing: postgresMissing,
    goal: GOALS.workflowLibrary,
    tasks: FEW,
  },
  {
    name: "Restate",
    settings: "service of 4 ctx.run, 4 partitions",
    driver: "restate",
    prepare: (services) => services.restate(),
    goal: GOALS.queueOnPostgres,
    tasks: FEW,
  },
  {
    name: "openworkflow",
    settings: "SQLite, concurrency 100, ends hooked instead of polled",
    driver: "openworkflow",
    prepare: (services) => services.directory(),
    goal: GOALS.workflowLibrary,
    tasks: [600, 15],
  },
];

/** The services of the peers. Each is started when the first peer needs it. */
class Services {
  readonly #installed = install(ENGINES);
  readonly #running: Program[] = [];
  readonly #redis = new Map<string, number>();
  #postgresPort: number | undefined;

  async redis(fsync: "always" | "everysec", mode: string): Promise<object> {
    const known = this.#redis.get(fsync);
    const port = known ?? this.#keep(await startRedis(fsync)).port;
    this.#redis.set(fsync, port);
    return { installed: this.#installed, port, mode };
  }

  async postgres(): Promise<object> {
    this.#postgresPort ??= this.#keep(await startPostgres()).port;
    return { installed: this.#installed, port: this.#postgresPort };
  }

  async restate(): Promise<object> {
    const { port, adminPort } = this.#keep(await startRestate(this.#installed));
    return { installed: this.#installed, port, adminPort };
  }

  async directory(): Promise<object> {
    return { installed: this.#installed, directory: emptyDirectory() };
  }

  async stop(): Promise<void> {
    for (const program of this.#running.reverse()) await program.stop();
  }

  #keep<T extends Program>(program: T): T {
    this.#running.push(program);
    return program;
  }
}

interface Entrant {
  readonly peer: Peer;
  readonly driver: RunningDriver;
  readonly many: Work[];
  readonly lone: Work[];
}

async function run(effort: Effort): Promise<Findings> {
  effort.tell("peers: installing");
  const services = new Services();
  const entrants: Entrant[] = [];
  const absent: string[] = [];
  try {
    for (const peer of PEERS) {
      const missing = peer.missing?.();
      if (missing !== undefined) {
        absent.push(`${peer.name}: not measured; ${missing}`);
        continue;
      }
      effort.tell(`peers: starting ${peer.name}`);
      const driver = await startDriver(peer.driver, await peer.prepare(services));
      entrants.push({ peer, driver, many: [], lone: [] });
    }
    const rounds = effort.quick ? 2 : 5;
    for (let round = -1; round < rounds; round++) await play(entrants, round, effort);
  } finally {
    for (const { driver } of entrants) await driver.stop();
    await services.stop();
  }
  return findings(entrants, absent);
}

/** Round -1 warms up, with fewer tasks, and does not count. */
async function play(entrants: readonly Entrant[], round: number, effort: Effort): Promise<void> {
  const order = round % 2 === 0 ? entrants : [...entrants].reverse();
  for (const { peer, driver, many, lone } of order) {
    effort.tell(`peers: round ${round + 1}, ${peer.name}`);
    const share = round < 0 ? 0.5 : 1;
    const [tasks, alone] = peer.tasks;
    const together = await driver.measure({ tasks: tasks * share, submitters: SUBMITTERS });
    const single = await driver.measure({ tasks: Math.ceil(alone * share), submitters: 1 });
    if (round < 0) continue;
    many.push(together);
    lone.push(single);
  }
}

function findings(entrants: readonly Entrant[], absent: readonly string[]): Findings {
  const ours = entrants[0]?.many.map(({ perSecond }) => perSecond) ?? [];
  const rows = entrants.map(({ peer, many, lone }, index) => {
    const perSecond = many.map((work) => work.perSecond);
    const ratio = spread(pairedRatios(ours, perSecond));
    return [
      peer.name,
      withEnds(spread(perSecond)),
      index === 0 ? "" : withEnds(ratio),
      ...goalCells(ratio.median, peer.goal),
      withEnds(spread(lone.map((work) => work.p50Ms))),
      withEnds(spread(lone.map((work) => work.p99Ms))),
      peer.settings,
    ];
  });
  const faster = entrants
    .slice(1)
    .filter(
      ({ many }) =>
        spread(
          pairedRatios(
            ours,
            many.map(({ perSecond }) => perSecond),
          ),
        ).median < 1,
    )
    .map(({ peer }) => peer.name);
  const disk = measureFdatasync(scratch());
  return {
    tables: [
      {
        head: [
          ...["engine", `tasks/s, ${SUBMITTERS} submitters`, "ours ÷ it", ...GOAL_HEAD],
          ...["alone, p50 ms", "alone, p99 ms", "settings"],
        ],
        rows,
      },
    ],
    notes: [
      ...absent,
      `Faster than ours here: ${faster.join(", ") || "none"}.`,
      Object.entries(ENGINES)
        .map(([name, version]) => `${name} ${version}`)
        .join(" · "),
      "Each engine has a Node process of its own for submitters and steps. Redis, PostgreSQL and Restate run beside it, so peers may use both cores; ours has its writer thread.",
      "`appendfsync everysec` may lose a second of what was acknowledged; it is no equal, and here to show what the promise costs.",
      "In the peers' favour: for pg-boss and graphile-worker a task counts as done when its last step is durable, before the job itself is.",
      `fdatasync of 4 KiB in the same run: ${number(disk.overwriteMs)} ms overwriting, ${number(disk.appendMs)} ms appending.`,
    ],
  };
}
