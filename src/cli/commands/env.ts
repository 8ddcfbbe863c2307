import { Command, Option } from "commander";
import { ConfigError } from "../../config/config-error.ts";
import { loadConfig, textSet } from "../../config/load.ts";
import type { Config } from "../../config/settings.ts";
import { announcedIn } from "../../http/announcement.ts";
import { visible } from "../../visible.ts";
import { ANY_CLIENT, CLIENTS } from "../clients/clients.ts";
import { renderSetup, type ServerAddresses } from "../clients/render.ts";
import { print } from "../output.ts";
import { shellQuoted } from "../shell-words.ts";

const EXAMPLES = `
Examples:
  eval "$(taskscribe env --client go)"                  in a shell of its own
  taskscribe env --client terraform --data /srv/tasks   for the server that runs on that data directory
  taskscribe env --client node --endpoint tasks.example.com:4010

With the forward proxy on (serve --proxy-port) clients are sent through it, unless --endpoint names another way.
Access keys that are set already stay; otherwise they become "any".`;

interface Flags {
  readonly client?: string;
  readonly endpoint?: string;
  readonly data?: string;
}

export function envCommand(): Command {
  return new Command("env")
    .description("print the variables and settings that point a client here, for eval")
    .addOption(
      new Option("--client <name>", "whose settings; without it, one line about each").choices(
        Object.keys(CLIENTS),
      ),
    )
    .option("--endpoint <address>", "host:port, http://host:port or https://host:port")
    .option("--data <directory>", "the data directory of the running server")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: Flags) => {
      const config = await loadConfig(flags.data === undefined ? {} : { data: flags.data });
      print(renderEnv(addressesOf(flags, config), flags.client));
      if (textSet(flags.endpoint) === undefined && announcedIn(config.data) === undefined) {
        print(
          `# No server runs on ${shellQuoted(config.data)} now: this is where its settings put one.`,
        );
      }
    });
}

function renderEnv(server: ServerAddresses, client: string | undefined): string {
  const setup = client === undefined ? undefined : CLIENTS[client];
  if (setup !== undefined) {
    const way = server.proxyUrl === undefined ? server.url : `the forward proxy ${server.proxyUrl}`;
    return `${renderSetup(setup, server)}\n# For ${setup.about}, by ${way}.`;
  }
  const names = Object.entries(CLIENTS).map(
    ([name, { about }]) => `#   ${name.padEnd(10)} ${about}`,
  );
  return [renderSetup(ANY_CLIENT, server), "# For one client, add --client:", ...names].join("\n");
}

function addressesOf(flags: Flags, config: Config): ServerAddresses {
  const endpoint = textSet(flags.endpoint);
  const running = announcedIn(config.data);
  const url = endpoint ?? running?.url ?? configuredUrl(config);
  const server = {
    url: urlOf(url),
    proxyUrl: endpoint === undefined ? running?.proxyUrl : undefined,
    caFile: running?.caFile,
  };
  const odd = Object.values(server).find(
    (value) => value !== undefined && visible(value) !== value,
  );
  if (odd === undefined) return server;
  throw new ConfigError(
    `${JSON.stringify(odd)} has characters that no line of shell code can hold`,
  );
}

function configuredUrl({ host, port, tls, data }: Config): string {
  if (port !== 0)
    return `${tls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
  throw new ConfigError(
    `no server runs on ${data}, and its port is to be picked; start it, or give --endpoint`,
  );
}

/** Adds a scheme and removes a path. An address for all interfaces becomes the loopback address. */
function urlOf(endpoint: string): string {
  const text = /^[a-z]+:\/\//i.test(endpoint) ? endpoint : `http://${endpoint}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.pathname !== "/" ||
    url.username
  ) {
    throw new ConfigError(
      `--endpoint: found "${endpoint}"; give host:port, http://host:port or https://host:port`,
    );
  }
  if (url.hostname === "0.0.0.0") url.hostname = "127.0.0.1";
  if (url.hostname === "[::]") url.hostname = "[::1]";
  return url.origin;
}
