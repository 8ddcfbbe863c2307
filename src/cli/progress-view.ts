import { hasEnded, type Task } from "../client/index.ts";
import { LiveArea, type Screen } from "./terminal/screen.ts";
import { progressLine, stepToShow } from "./terminal/task-text.ts";

const TICK_MS = 1_000;
/** The smallest change of the progress that gets a line in a log, in basis points. */
const NEWS = 1_000;

/** Shows tasks as they change: in place on a terminal, otherwise as a line for each change. */
export class ProgressView {
  readonly #screen: Screen;
  readonly #live: LiveArea | undefined;
  readonly #tasks = new Map<string, Task>();
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #now: () => number;
  #note = "";

  constructor(screen: Screen, now: () => number = Date.now) {
    this.#screen = screen;
    this.#now = now;
    if (!screen.isLive) return;
    this.#live = new LiveArea(screen);
    this.#timer = setInterval(() => this.#draw(), TICK_MS).unref(); // The displayed duration grows without a change of the task.
  }

  show(task: Task): void {
    const before = this.#tasks.get(task.id);
    this.#tasks.set(task.id, task);
    this.#note = "";
    if (this.#live !== undefined) this.#draw();
    else if (isNews(before, task)) {
      const { width } = this.#screen;
      this.#screen.line(progressLine(this.#screen, task, this.#now(), width));
    }
  }

  /** Shows a message about the connection until the next change. */
  note(text: string): void {
    const isNew = this.#note !== text;
    this.#note = text;
    if (this.#live !== undefined) this.#draw();
    else if (isNew) this.#screen.line(text);
  }

  /** Removes the bars before the next output, or keeps the last ones. */
  end({ clear }: { readonly clear: boolean }): void {
    clearInterval(this.#timer);
    if (clear) this.#live?.clear();
    else if (this.#live !== undefined) this.#draw();
  }

  #draw(): void {
    const { width, rows } = this.#screen;
    const all = [...this.#tasks.values()];
    // Ended tasks make room for open ones.
    const room = Math.max(1, rows - 3);
    const shown =
      all.length <= room ? all : all.toSorted((a, b) => Number(hasEnded(a)) - Number(hasEnded(b)));
    const now = this.#now();
    const lines = shown
      .slice(0, room)
      .map((task) => progressLine(this.#screen, task, now, width - 1));
    if (all.length > room) lines.push(summary(all, all.length - room));
    if (this.#note !== "") lines.push(this.#note);
    this.#live?.draw(lines);
  }
}

function summary(all: readonly Task[], hidden: number): string {
  return `… and ${hidden} more; ${all.filter(hasEnded).length} of ${all.length} have ended`;
}

function isNews(before: Task | undefined, task: Task): boolean {
  if (before === undefined || before.state !== task.state || before.health !== task.health) {
    return true;
  }
  if (stepToShow(before)?.name !== stepToShow(task)?.name) return true;
  return Math.floor(before.progress / NEWS) !== Math.floor(task.progress / NEWS);
}
