import { Command } from "commander";
import { loadConfig, type OptionTexts } from "../../config/load.ts";
import type { RunningServer } from "../../server/start-server.ts";
import { complain, print } from "../output.ts";
import { settingOptions } from "../setting-options.ts";
import { shellQuoted } from "../shell-words.ts";
import { packageVersion } from "../version.ts";

const EXAMPLES = `
Examples:
  taskscribe serve                              on 127.0.0.1:4010, data in ./data
  taskscribe serve --port 0 --data /tmp/demo    on a free port, which the banner names
  taskscribe serve --speed 20                   simulated operations take a twentieth of their time
  taskscribe serve --config my.config.ts        with task types of your own
  taskscribe serve --proxy-port 4011            for clients that know no endpoint (see taskscribe env)

Every option can be set in the environment (TASKSCRIBE_PORT=4020) and in the configuration file (port: 4020) too. The
command line goes first, then the environment, then the file. An empty value counts as not set.`;

/** The command as it is typed: in a checkout, no taskscribe is on the path. */
const CALLED = import.meta.url.endsWith(".ts") ? "npm run taskscribe --" : "taskscribe";

export function serveCommand(): Command {
  const command = new Command("serve")
    .description("run the service until SIGTERM or SIGINT")
    .option(
      "--config <file>",
      "a file with settings and task types of your own (see docs/settings.md)",
    );
  for (const option of settingOptions()) command.addOption(option);
  return command.addHelpText("after", EXAMPLES).action(serve);
}

async function serve({ config: file, ...flags }: OptionTexts & { config?: string }) {
  const [{ startServer }, { containUncaughtErrors }] = await Promise.all([
    import("../../server/start-server.ts"),
    import("../../server/observe/uncaught-errors.ts"),
  ]);
  containUncaughtErrors();
  const server = await startServer(await loadConfig(flags, { file }), packageVersion());
  stopOnSignals(server);
  print(banner(server));
}

function banner(server: RunningServer): string {
  const { url, address, proxyUrl, caFile, config, data, isNew, mode } = server;
  const key = mode === "off" ? "any" : "...";
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

  Stop with Ctrl-C; open tasks continue at the next start.
`;
}

function keyAdvice({ mode, hasKeys, config }: RunningServer): string {
  if (mode === "off") return "any access key will do";
  if (hasKeys) return `with one of its access keys: ${CALLED} key list`;
  return `there is no access key yet: ${CALLED} key create --data ${shellQuoted(config.data)}`;
}

/** A Ctrl-C arrives once from the terminal, and again from each npm or script in between. */
const SAME_CTRL_C_MS = 500;

function stopOnSignals(server: RunningServer): void {
  let askedAt: number | undefined;
  const stop = (signal: NodeJS.Signals) => {
    const now = performance.now();
    if (askedAt !== undefined) {
      if (signal === "SIGINT" && now - askedAt <= SAME_CTRL_C_MS) return;
      process.exit(1); // The second request stops at once, as a crash does.
    }
    askedAt = now;
    server.log.info({ signal }, "stopping; a second signal stops at once");
    server.stop().then(
      // An exit without this call removes the handlers first, and a late second signal would turn it into a failure.
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
