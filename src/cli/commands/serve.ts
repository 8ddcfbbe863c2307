import { Command, Option } from "commander";
import { DEFAULT_CONFIG, LOG_LEVELS, loadConfig, type TextSettings } from "../../config.ts";
import type { RunningServer } from "../../server/start-server.ts";
import { complain, print } from "../output.ts";
import { packageVersion } from "../version.ts";

const EXAMPLES = `
Examples:
  taskscribe serve                              on 127.0.0.1:4010, data in ./data
  taskscribe serve --port 0 --data /tmp/demo    on a free port, which the banner names
  taskscribe serve --speed 20                   simulated operations take a twentieth of their time
  taskscribe serve --config my.config.ts        with task types of your own
  taskscribe serve --proxy-port 4011            for clients that know no endpoint (see taskscribe env)

Every option can be set in the environment too, e.g. TASKSCRIBE_PORT=4020.`;

/** In a checkout nothing called taskscribe is on the path. */
const CALLED = import.meta.url.endsWith(".ts") ? "npm run taskscribe --" : "taskscribe";

export function serveCommand(): Command {
  const { host, port, data, speed, concurrency, drainMs, logLevel, holdCapMs } = DEFAULT_CONFIG;
  return new Command("serve")
    .description("run the service until SIGTERM or SIGINT")
    .option("--host <address>", `address to listen on (default ${host})`)
    .option("--port <number>", `port to listen on; 0 picks a free one (default ${port})`)
    .option("--data <directory>", `where tasks and resources are kept (default ${data})`)
    .option(
      "--speed <factor>",
      `how many times faster the simulated products work (default ${speed})`,
    )
    .option(
      "--config <file>",
      "configuration with task types of your own (default taskscribe.config.ts)",
    )
    .option(
      "--busy <way>",
      "reject or queue operations on a cluster that is busy (default: as each product does)",
    )
    .option("--concurrency <tasks>", `tasks that run at once (default ${concurrency})`)
    .option("--drain-ms <ms>", `how long a stop waits for running steps (default ${drainMs})`)
    .option(
      "--retention <state=span,...>",
      "how long ended tasks stay in the lists, then in the archive: succeeded=7d,*=90d (default: for ever)",
    )
    .option(
      "--hold <who=seconds,...>",
      "keep plain polls open until there is news: ack=2,*=1,key:LTAI…=2.5 (default: nobody's)",
    )
    .option("--hold-cap-ms <ms>", `nobody is held longer (default ${holdCapMs})`)
    .option(
      "--webhook-targets <networks>",
      "inner networks that webhooks may lead to: 10.1.0.0/16,127.0.0.1, or any (default: none)",
    )
    .addOption(new Option("--tls", "speak HTTPS, with a local CA of its own").preset("true"))
    .option(
      "--auth <mode>",
      "off (everyone gets in), known (the key must exist) or strict (signed); default: off where only this machine gets in, else strict",
    )
    .option("--tls-cert <file>", "a certificate (PEM, with its chain) instead of the local CA's")
    .option("--tls-key <file>", "the key of that certificate")
    .option("--proxy-port <number>", "run the forward proxy for unchanged clients; 0 picks a port")
    .addOption(
      new Option("--insecure", "allow beyond this machine what is meant for it alone").preset(
        "true",
      ),
    )
    .option("--log-level <level>", `one of ${LOG_LEVELS.join(", ")} (default ${logLevel})`)
    .option(
      "--request-log <which>",
      "which requests get a line: all (the default), problems (failed here or slow), off, or a share such as 0.01",
    )
    .addHelpText("after", EXAMPLES)
    .action(serve);
}

async function serve({ config: file, ...flags }: TextSettings & { config?: string }) {
  const [{ startServer }, { outliveStrays }] = await Promise.all([
    import("../../server/start-server.ts"),
    import("../../server/observe/uncaught-errors.ts"),
  ]);
  outliveStrays();
  const server = await startServer(await loadConfig(flags, { file }), packageVersion());
  stopOnSignals(server);
  print(banner(server));
}

function banner(server: RunningServer): string {
  const { url, address, proxyUrl, caFile, config, data, isNew, mode } = server;
  const key = mode === "off" ? "any" : "…";
  return `
  Taskscribe ${packageVersion()} is ready.

    address    ${url}${proxyUrl ? `\n    proxy      ${proxyUrl}` : ""}${caFile ? `\n    CA         ${caFile}` : ""}
    data       ${data}${isNew ? ` (new: holds the demonstration world, see ${CALLED} world)` : ""}
    speed      ${config.speed}x
    auth       ${mode}
    API page   ${url}/docs

  Point an SDK at it (${keyAdvice(server)}):

    new $OpenApiUtil.Config({ accessKeyId: "${key}", accessKeySecret: "${key}",
      endpoint: "${address}", protocol: "${config.tls ? "https" : "http"}", regionId: "cn-hangzhou" })

  Stop with Ctrl-C; open tasks go on at the next start.
`;
}

function keyAdvice({ mode, hasKeys, config }: RunningServer): string {
  if (mode === "off") return "any access key will do";
  if (hasKeys) return `with one of its access keys: ${CALLED} key list`;
  return `there is no access key yet: ${CALLED} key create --data ${config.data}`;
}

/** One Ctrl-C comes once from the terminal, and again from each npm or script in between. */
const SAME_CTRL_C_MS = 500;

function stopOnSignals(server: RunningServer): void {
  let askedAt: number | undefined;
  const stop = (signal: NodeJS.Signals) => {
    const now = performance.now();
    if (askedAt !== undefined) {
      if (signal === "SIGINT" && now - askedAt <= SAME_CTRL_C_MS) return;
      process.exit(1); // asked twice: at once, as after a crash
    }
    askedAt = now;
    server.log.info({ signal }, "stopping; a second signal stops at once");
    server.stop().then(
      // Not by itself: Node would take the handlers down first, and a late second signal make a failure of it.
      () => process.exit(),
      (error: unknown) => {
        complain(error);
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}
