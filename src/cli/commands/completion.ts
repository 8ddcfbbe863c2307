import { Argument, Command, type Option } from "commander";
import { visible } from "../../visible.ts";
import { connect } from "../connection.ts";
import { print } from "../output.ts";
import { readProfiles } from "../profiles.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
/** A completion does not wait for a slow server. In ms. */
const ASK_MS = 500;
const MOST_IDS = 50;
/**
 * What may be offered of a server's words. A completed word stands on the command line as it is, and the shell reads it with
 * the next Enter. So it must have no character that any shell gives a meaning to, and must not look like an option.
 */
const HARMLESS = /^[\p{L}\p{N}_][\p{L}\p{N}\p{M}_.:@%+,/-]{0,199}$/u;
const LONGEST_ABOUT = 200;

/** The scripts never evaluate what they read: they split lines at the first tab, and offer the word. */
const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], string>> = {
  bash: `_taskscribe() {
  local found about
  COMPREPLY=()
  while IFS=$'\\t' read -r found about; do
    COMPREPLY+=("$found")
  done < <(taskscribe complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _taskscribe taskscribe`,
  zsh: `#compdef taskscribe
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i; }
_taskscribe() {
  local -a found
  local line about
  while IFS= read -r line; do
    about="\${line#*$'\\t'}"
    found+=("\${\${line%%$'\\t'*}//:/\\\\:}\${about:+:$about}")
  done < <(taskscribe complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#found} )); then _describe taskscribe found; else _files; fi
}
compdef _taskscribe taskscribe`,
  fish: `complete -c taskscribe -f -a '(taskscribe complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'`,
};

const HELP = `
Once in each shell, or in its start file:
  bash   source <(taskscribe completion bash)
  zsh    source <(taskscribe completion zsh)
  fish   taskscribe completion fish | source

Completes commands, options, their values, and, when the server answers within half a second, task ids and types.`;

export function completionCommand(): Command {
  return new Command("completion")
    .description("print a script that lets a shell complete commands, options and task ids")
    .addArgument(new Argument("<shell>").choices(SHELLS))
    .addHelpText("after", HELP)
    .action((shell: (typeof SHELLS)[number]) => print(SCRIPTS[shell]));
}

/** The hidden command that the scripts call. It prints no errors. */
export function completeCommand(program: () => Command): Command {
  return new Command("complete")
    .argument("[words...]", "the words after taskscribe, the last one unfinished")
    .action(async (words: string[]) => {
      const found = await candidates(program(), words).catch(() => []);
      const last = words.at(-1) ?? "";
      for (const [word, about] of found) {
        if (word.startsWith(last)) print(`${word}\t${visible(about.slice(0, LONGEST_ABOUT))}`);
      }
    });
}

type Candidate = readonly [word: string, about: string];

async function candidates(program: Command, words: readonly string[]): Promise<Candidate[]> {
  const { command, rest } = commandIn(program, words.slice(0, -1));
  const option = optionNamed(command, words.at(-2));
  if (option?.required) return valuesOf(option, rest);
  if (words.at(-1)?.startsWith("-")) return optionsOf(command);
  const inner = command.commands.filter((one) => !isHidden(one));
  if (inner.length > 0) return inner.map((one) => [one.name(), one.description()]);
  return argumentsOf(command, rest);
}

function commandIn(program: Command, words: readonly string[]) {
  let command = program;
  let used = 0;
  for (const word of words) {
    const next = command.commands.find((one) => one.name() === word);
    if (next === undefined) break;
    command = next;
    used += 1;
  }
  return { command, rest: words.slice(used) };
}

function optionNamed(command: Command, word: string | undefined): Option | undefined {
  return command.options.find(
    ({ long, short }) => word !== undefined && (word === long || word === short),
  );
}

function optionsOf(command: Command): Candidate[] {
  return [
    ...command.options.map(({ long, description }): Candidate => [long ?? "", description]),
    ["--help", "print help"],
  ];
}

async function valuesOf(option: Option, rest: readonly string[]): Promise<Candidate[]> {
  if (option.argChoices !== undefined) return option.argChoices.map((value) => [value, ""]);
  if (option.long === "--profile") {
    return harmless(Object.entries(readProfiles()).map(([name, { endpoint }]) => [name, endpoint]));
  }
  if (option.long === "--type") return types(rest);
  if (option.long === "--state") return STATES.map((state) => [state, ""]);
  return [];
}

const STATES = [
  "pending",
  "running",
  "paused",
  "canceling",
  "succeeded",
  "failed",
  "canceled",
  "expired",
];
/** The filter for the tasks that a command can be used on. Other commands take any task. */
const FITTING: Readonly<Record<string, string>> = {
  cancel: "state:open",
  pause: "state:running",
  resume: "state:paused",
  retry: "state:ended",
  wait: "state:open",
  watch: "state:open",
  approve: "state:open",
  reject: "state:open",
};

function argumentsOf(
  command: Command,
  rest: readonly string[],
): Candidate[] | Promise<Candidate[]> {
  const [argument] = command.registeredArguments;
  if (argument?.argChoices) return argument.argChoices.map((value) => [value, ""]);
  if (argument?.name() === "type") return types(rest, flagIn(rest, "--product") ?? "native");
  const takesIds = argument?.name() === "id" || argument?.name() === "ids";
  return takesIds ? ids(FITTING[command.name()], rest) : [];
}

async function types(rest: readonly string[], of?: string): Promise<Candidate[]> {
  const found = await (await server(rest)).types({ signal: AbortSignal.timeout(ASK_MS) });
  const wanted = found.filter(({ product }) => of === undefined || product === of);
  return harmless(wanted.map(({ type, product }) => [type, product]));
}

async function ids(filter: string | undefined, rest: readonly string[]): Promise<Candidate[]> {
  const client = await server(rest);
  const signal = AbortSignal.timeout(ASK_MS);
  const { tasks } = await client.listPage({ filter, limit: MOST_IDS }, { signal });
  return harmless(tasks.map(({ id, type, state }) => [id, `${type} ${state}`]));
}

/** Without the words that a shell could take for more than a word. */
function harmless(all: readonly Candidate[]): Candidate[] {
  return all.filter(([word]) => HARMLESS.test(word)).map(([word, about]) => [word, String(about)]);
}

/** The command that the words before the cursor name. */
function server(rest: readonly string[]) {
  const flag = (name: string) => {
    const value = flagIn(rest, name);
    return value === undefined ? {} : { [name.slice(2)]: value };
  };
  const flags = { ...flag("--endpoint"), ...flag("--profile"), ...flag("--data") };
  return connect(flags, { retryForMs: 0, timeoutMs: ASK_MS });
}

function flagIn(words: readonly string[], name: string): string | undefined {
  const at = words.lastIndexOf(name);
  return at < 0 ? undefined : words[at + 1];
}

function isHidden(command: Command): boolean {
  return (command as unknown as { _hidden?: boolean })._hidden === true;
}
