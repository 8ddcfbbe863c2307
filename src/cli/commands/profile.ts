import { Command } from "commander";
import { ConfigError } from "../../config/config-error.ts";
import { print, STANDARD_OUTPUT } from "../output.ts";
import { type Profile, profilesFile, readProfiles, writeProfiles } from "../profiles.ts";
import { readText } from "../read-json.ts";
import { show } from "../result.ts";
import { Screen } from "../terminal/screen.ts";
import { tableLines } from "../terminal/table.ts";

interface SetFlags {
  readonly endpoint: string;
  readonly accessKeyId?: string;
  readonly secretFile?: string;
  readonly caFile?: string;
}

const EXAMPLES = `
Examples:
  taskscribe profile set lab --endpoint http://127.0.0.1:4010
  taskscribe profile set prod --endpoint https://tasks.example.com --access-key-id LTAI... --secret-file -
  taskscribe list --profile prod

The secret is read from a file or, with -, from standard input, so that it shows in no list of processes.
The profile "default" is used when nothing else names a server.`;

export function profileCommand(): Command {
  const command = new Command("profile")
    .description("servers and keys to use by name, kept in your configuration directory")
    .addHelpText("after", EXAMPLES);
  command.addCommand(
    new Command("set")
      .description("keep a server, and a key for it, under a name")
      .argument("<name>")
      .requiredOption("--endpoint <address>", "host:port, http://... or https://...")
      .option("--access-key-id <id>", "sign with this key")
      .option("--secret-file <file>", "holds the key's secret; - is standard input")
      .option("--ca-file <file>", "the CA of the server's certificate (PEM)")
      .action(setProfile),
  );
  command.addCommand(
    new Command("list").description("list profiles, without their secrets").action(listProfiles),
  );
  command.addCommand(
    new Command("remove")
      .description("forget a profile")
      .argument("<name>")
      .action((name: string) => {
        const { [name]: gone, ...rest } = readProfiles();
        if (gone === undefined)
          throw new ConfigError(
            `name: there is no profile "${name}"; taskscribe profile list shows those there are`,
          );
        writeProfiles(rest);
        print(`${name} removed`);
      }),
  );
  return command;
}

function setProfile(name: string, flags: SetFlags): void {
  if (!/^[\w.-]{1,64}$/.test(name)) {
    throw new ConfigError(`name: found "${name}"; give up to 64 letters, digits, . _ or -`);
  }
  const { endpoint, accessKeyId, caFile, secretFile } = flags;
  if ((accessKeyId === undefined) !== (secretFile === undefined)) {
    throw new ConfigError("give both --access-key-id and --secret-file, or neither");
  }
  const profile: Profile = {
    endpoint,
    ...(accessKeyId !== undefined && { accessKeyId }),
    ...(secretFile !== undefined && { accessKeySecret: secretIn(secretFile) }),
    ...(caFile !== undefined && { caFile }),
  };
  writeProfiles(Object.fromEntries([...Object.entries(readProfiles()), [name, profile]]));
  print(`${name} kept in ${profilesFile()}`);
}

function secretIn(file: string): string {
  const secret = readText(file).trim();
  if (secret !== "") return secret;
  throw new ConfigError(
    "--secret-file: the secret is empty; give it on standard input, or in the file",
  );
}

function listProfiles(): void {
  const profiles = Object.entries(readProfiles()).map(([name, profile]) => {
    const { endpoint, accessKeyId, caFile } = profile;
    return { name, endpoint, accessKeyId, caFile };
  });
  const out = new Screen(STANDARD_OUTPUT);
  show(out, {}, profiles, () =>
    profiles.length === 0
      ? ["no profiles yet; make one with taskscribe profile set"]
      : tableLines(out, profiles, [
          { title: "NAME", of: ({ name }) => name },
          { title: "ENDPOINT", of: ({ endpoint }) => endpoint },
          { title: "KEY", of: ({ accessKeyId }) => accessKeyId },
          { title: "CA", of: ({ caFile }) => caFile },
        ]),
  );
}
