import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defineTask } from "../../src/core/define-task.ts";
import { TerminalError } from "../../src/core/errors.ts";
import type { StepContext } from "../../src/core/step-context.ts";
import type { Task } from "../../src/core/task.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { caller, type MakeExecutor, startEngine } from "../support/engine-bench.ts";
import { type FakeClock, settle } from "../support/fake-clock.ts";

/** What every executor must do, whoever runs the steps. Time is the fake clock's. */
export function describeExecutor(name: string, executor?: MakeExecutor): void {
  const start = (
    types: Parameters<typeof startEngine>[0],
    options: Parameters<typeof startEngine>[1] = {},
  ) => startEngine(types, { ...options, ...(executor && { executor }) });

  async function now(engine: Engine, task: Task): Promise<Task> {
    await settle();
    return engine.get(caller.account, task.id);
  }

  async function end(engine: Engine, clock: FakeClock, task: Task): Promise<Task> {
    for (let i = 0; i < 200; i++) {
      const found = await now(engine, task);
      if (found.endedAt !== undefined) return found;
      await clock.advance(1_000);
    }
    assert.fail(`task ${task.id} does not end: ${JSON.stringify(await now(engine, task))}`);
  }

  describe(`${name} executor: steps`, () => {
    it("runs steps in order and keeps what they return", async () => {
      const ran: string[] = [];
      const type = defineTask({
        type: "two",
        steps: {
          first: async () => {
            ran.push("first");
            return { a: 1 };
          },
          second: async (input, context) => {
            ran.push(`second after ${context.outputs["a"]} with ${input["x"]}`);
            return { b: 2 };
          },
        },
      });
      const { engine, clock } = await start([type]);
      const task = await end(
        engine,
        clock,
        await engine.submit({ type: "two", input: { x: 7 } }, caller),
      );
      assert.equal(task.state, "succeeded");
      assert.equal(task.progress, 10_000);
      assert.deepEqual(ran, ["first", "second after 1 with 7"]);
      assert.deepEqual(task.outputs, { a: 1, b: 2 });
      assert.deepEqual(
        task.steps.map((step) => step.outputs),
        [{ a: 1 }, { b: 2 }],
      );
    });

    it("runs branches side by side and joins them", async () => {
      const log: string[] = [];
      const branch = (ms: number) => async (_: unknown, context: StepContext) => {
        log.push(`${context.step} starts`);
        await context.sleep(ms);
        log.push(`${context.step} ends`);
      };
      const type = defineTask({
        type: "fork",
        steps: {
          root: async () => {},
          slow: { run: branch(2_000), after: ["root"] },
          fast: { run: branch(1_000), after: ["root"] },
          join: { run: branch(0), after: ["slow", "fast"] },
        },
      });
      const { engine, clock } = await start([type]);
      await end(engine, clock, await engine.submit({ type: "fork", input: {} }, caller));
      assert.deepEqual(log, [
        "slow starts",
        "fast starts",
        "fast ends",
        "slow ends",
        "join starts",
        "join ends",
      ]);
    });

    it("records what a step reports while it runs", async () => {
      const type = defineTask({
        type: "talk",
        steps: {
          only: async (_, context) => {
            context.progress(2_500);
            context.message("half way to half way");
            context.item("i-1", "initial");
            context.notice({ action: "start", reason: "Why", message: "it starts", source: "ACK" });
            context.attribute("nodeIds", ["n-1"]);
            await context.sleep(1_000);
            context.item("i-1", "success");
            context.output("answer", 42);
          },
        },
      });
      const { engine, clock } = await start([type]);
      const submitted = await engine.submit({ type: "talk", input: {} }, caller);
      const running = await now(engine, submitted);
      assert.equal(running.progress, 2_500);
      assert.equal(running.message, "half way to half way");
      assert.deepEqual(running.items, [{ id: "i-1", status: "initial" }]);
      assert.equal(running.notices[0]?.reason, "Why");
      assert.deepEqual(running.attributes["nodeIds"], ["n-1"]);
      const task = await end(engine, clock, submitted);
      assert.deepEqual(task.items, [{ id: "i-1", status: "success" }]);
      assert.deepEqual(task.outputs, { answer: 42 });
    });

    it("tries a failed step again, after its pause and not before", async () => {
      const attempts: number[] = [];
      const type = defineTask({
        type: "flaky",
        retry: { firstDelayMs: 1_000, factor: 2, jitter: 0 },
        steps: {
          only: async (_, context) => {
            attempts.push(context.now());
            if (context.attempt < 3) throw new Error("not yet");
          },
        },
      });
      const { engine, clock } = await start([type]);
      const began = clock.now();
      const submitted = await engine.submit({ type: "flaky", input: {} }, caller);
      await clock.advance(999);
      assert.equal(attempts.length, 1);
      const waiting = await now(engine, submitted);
      assert.equal(waiting.steps[0]?.state, "retrying");
      assert.equal(waiting.steps[0]?.error?.message, "not yet");
      const task = await end(engine, clock, submitted);
      assert.equal(task.state, "succeeded");
      assert.deepEqual(
        attempts.map((at) => at - began),
        [0, 1_000, 3_000],
      );
    });

    it("gives a step the same key in every attempt, its undo and other tasks one of their own", async () => {
      const keys: string[] = [];
      const tell = async (_: unknown, { step, attempt, idempotencyKey }: StepContext) => {
        keys.push(idempotencyKey);
        if (step === "second" || attempt === 1) throw new Error("again");
      };
      const type = defineTask({
        type: "keyed",
        retry: { maxAttempts: 2, firstDelayMs: 100 },
        steps: { first: { run: tell, undo: tell }, second: tell },
      });
      const { engine, clock } = await start([type]);
      const one = await end(
        engine,
        clock,
        await engine.submit({ type: "keyed", input: {} }, caller),
      );
      assert.equal(one.state, "failed");
      const [first, again, second, secondAgain, ...undo] = keys.splice(0);
      assert.deepEqual([again, secondAgain], [first, second]);
      assert.equal(new Set([first, second, ...undo]).size, 3);
      await end(engine, clock, await engine.submit({ type: "keyed", input: {} }, caller));
      assert.ok(!keys.some((key) => [first, second, ...undo].includes(key)));
    });

    it("fails when the attempts are used up, and at once on a TerminalError", async () => {
      const twice = defineTask({
        type: "twice",
        retry: { maxAttempts: 2, firstDelayMs: 10 },
        steps: {
          only: async () => {
            throw Object.assign(new Error("no room", { cause: new Error("disk full") }), {
              code: "ENOROOM",
            });
          },
        },
      });
      const terminal = defineTask({
        type: "terminal",
        steps: {
          only: async () => {
            throw new TerminalError("Quota", "the quota is used up");
          },
        },
      });
      const { engine, clock } = await start([twice, terminal]);
      const one = await end(
        engine,
        clock,
        await engine.submit({ type: "twice", input: {} }, caller),
      );
      assert.equal(one.state, "failed");
      assert.deepEqual(one.error, {
        code: "ENOROOM",
        message: "no room",
        step: "only",
        attempt: 2,
        retryable: true,
        cause: "Error: disk full",
      });
      const two = await now(engine, await engine.submit({ type: "terminal", input: {} }, caller));
      assert.equal(two.state, "failed");
      assert.equal(two.error?.code, "Quota");
      assert.equal(two.error?.retryable, false);
    });

    it("gives up an attempt that takes too long, even one that ignores its signal", async () => {
      let release = () => {};
      const type = defineTask({
        type: "hang",
        retry: { maxAttempts: 2, firstDelayMs: 100, jitter: 0 },
        steps: {
          only: {
            timeoutMs: 5_000,
            run: (_, context) =>
              context.attempt === 1
                ? new Promise((resolve) => {
                    release = () => resolve({ late: true });
                  })
                : Promise.resolve({ late: false }),
          },
        },
      });
      const { engine, clock } = await start([type]);
      const submitted = await engine.submit({ type: "hang", input: {} }, caller);
      await clock.advance(5_000);
      assert.equal((await now(engine, submitted)).steps[0]?.error?.code, "StepTimeout");
      const task = await end(engine, clock, submitted);
      release();
      await settle();
      assert.deepEqual(
        (await now(engine, task)).outputs,
        { late: false },
        "the late result is refused",
      );
    });
  });

  describe(`${name} executor: what a step puts out`, () => {
    const puts = (value: unknown, message = "-") =>
      defineTask({
        type: "puts",
        outputs: {
          type: "object",
          required: ["nodes"],
          properties: { nodes: { type: "array", items: { type: "string" } } },
        },
        steps: {
          first: async (_, { message: say, resources, notice }) => {
            say(message);
            notice({ action: "a", reason: "r", message });
            resources.put("test.first", "x", {});
          },
          last: async (_, { resources }) => {
            resources.put("test.last", "x", {});
            return { nodes: value as string[] };
          },
        },
      });

    it("is checked against the type's schema with the last step", async () => {
      const { engine, clock } = await start([puts(["n-1"])]);
      const good = await engine.submit({ type: "puts", input: {} }, caller);
      assert.equal((await end(engine, clock, good)).state, "succeeded");
      const wrong = await start([puts(["n-1", 2])]);
      const submitted = await wrong.engine.submit({ type: "puts", input: {} }, caller);
      const task = await end(wrong.engine, wrong.clock, submitted);
      assert.equal(task.state, "failed");
      assert.equal(task.error?.code, "StepOutputsInvalid");
      assert.match(task.error?.message ?? "", /outputs\/nodes\/1 must be string/);
      const resources = wrong.engine.resources(caller.account);
      assert.ok(await resources.get("test.first", "x"));
      assert.equal(await resources.get("test.last", "x"), undefined);
    });

    it("has a limit, and texts are cut", async () => {
      const { engine, clock } = await start([puts(["x".repeat(300_000)], "é".repeat(50_000))]);
      const submitted = await engine.submit({ type: "puts", input: {} }, caller);
      const task = await end(engine, clock, submitted);
      assert.deepEqual([task.state, task.error?.code], ["failed", "StepOutputsTooLarge"]);
      assert.deepEqual(task.outputs, {});
      const told = task.notices[0]?.message ?? "";
      assert.ok(Buffer.byteLength(told) <= 64 * 1024 && told.endsWith("é… (cut)"));
    });
  });

  describe(`${name} executor: heartbeats`, () => {
    const beats = (wait: (context: StepContext) => Promise<unknown>) =>
      defineTask({
        type: "beats",
        retry: { maxAttempts: 2, firstDelayMs: 0 },
        steps: {
          only: {
            heartbeatMs: 2_000,
            run: async (_, context) => {
              if (context.attempt === 1) await wait(context);
              return { attempt: context.attempt };
            },
          },
        },
      });

    it("gives up an attempt that is silent for three heartbeats, and tries again", async () => {
      const { engine, clock } = await start([beats(() => new Promise(() => {}))]);
      const submitted = await engine.submit({ type: "beats", input: {} }, caller);
      await clock.advance(5_999);
      assert.equal((await now(engine, submitted)).steps[0]?.failures, 0);
      await clock.advance(1);
      assert.equal((await now(engine, submitted)).steps[0]?.failures, 1);
      const task = await end(engine, clock, submitted);
      assert.deepEqual([task.state, task.outputs["attempt"]], ["succeeded", 2]);
      const events = await engine.events({ ...task, taskId: task.id, after: 0, limit: 100 });
      const failed = events.flatMap((one) => one.events).find(({ type }) => type === "StepFailed");
      assert.equal(failed?.type === "StepFailed" && failed.error.code, "StepSilent");
    });

    it("lets one go on that gives a sign, or waits for somebody else", async () => {
      const { engine, clock } = await start([
        beats(async (context) => {
          for (let i = 0; i < 4; i++) {
            await context.sleep(5_000);
            context.heartbeat();
          }
          await context.approval({ question: "go on?" });
        }),
      ]);
      const submitted = await engine.submit({ type: "beats", input: {} }, caller);
      await clock.advance(100_000);
      const answer = { step: "only", decision: "approve", by: "ada", reason: "-" } as const;
      await engine.signal(caller.account, submitted.id, answer);
      const task = await now(engine, submitted);
      assert.deepEqual([task.state, task.outputs["attempt"]], ["succeeded", 1]);
      assert.equal(clock.pending, 0, "no timer is left");
    });
  });

  describe(`${name} executor: who runs when`, () => {
    const hold = (type: string, extra = {}) =>
      defineTask({ type, steps: { only: async (_, context) => context.sleep(10_000) }, ...extra });

    it("runs tasks with the same concurrency key one at a time, first come first served", async () => {
      const { engine, clock } = await start([hold("hold")]);
      const submit = () =>
        engine.submit({ type: "hold", input: {}, concurrencyKey: "cluster/c-1" }, caller);
      const [a, b, c] = [await submit(), await submit(), await submit()];
      const free = await engine.submit(
        { type: "hold", input: {}, concurrencyKey: "cluster/c-2" },
        caller,
      );
      assert.deepEqual(await states(engine, [a, b, c, free]), [
        "running",
        "pending",
        "pending",
        "running",
      ]);
      await engine.cancel(caller.account, b.id, { by: "test", reason: "not needed" });
      await clock.advance(10_000);
      assert.deepEqual(await states(engine, [a, b, c]), ["succeeded", "canceled", "running"]);
    });

    it("refuses a task whose key is held, if it does not want to wait", async () => {
      const { engine } = await start([hold("hold")]);
      const request = { type: "hold", input: {}, concurrencyKey: "k", whenBusy: "reject" } as const;
      const first = await engine.submit(request, caller);
      await assert.rejects(engine.submit(request, caller), {
        code: "ResourceBusy",
        message: new RegExp(first.id),
      });
      await engine.submit(request, { ...caller, account: "2000000000000002" }); // another account's keys are its own
    });

    it("keeps to its slots, highest priority first", async () => {
      const { LocalExecutor } = await import("../../src/engine/local/local-executor.ts");
      const one = executor
        ? undefined
        : (host: Parameters<MakeExecutor>[0]) => new LocalExecutor(host, { maxRunning: 1 });
      if (one === undefined) return; // other executors have limits of their own
      const { engine, clock } = await startEngine([hold("hold")], { executor: one });
      const submit = (priority: number) =>
        engine.submit({ type: "hold", input: {}, priority }, caller);
      const [first, low, high] = [await submit(5), await submit(1), await submit(9)];
      assert.deepEqual(await states(engine, [first, low, high]), ["running", "pending", "pending"]);
      await clock.advance(10_000);
      assert.deepEqual(await states(engine, [first, low, high]), [
        "succeeded",
        "pending",
        "running",
      ]);
      await clock.advance(10_000);
      assert.deepEqual(await states(engine, [low]), ["running"]);
    });

    it("keeps to the limit of a type without holding up others", async () => {
      const { engine, clock } = await start([hold("few", { maxRunning: 1 }), hold("many")]);
      const submit = (type: string) => engine.submit({ type, input: {} }, caller);
      const [a, b, c, d] = [
        await submit("few"),
        await submit("few"),
        await submit("many"),
        await submit("few"),
      ];
      assert.deepEqual(await states(engine, [a, b, c, d]), [
        "running",
        "pending",
        "running",
        "pending",
      ]);
      await clock.advance(10_000);
      assert.deepEqual(await states(engine, [a, b, c, d]), [
        "succeeded",
        "running",
        "succeeded",
        "pending",
      ]);
    });

    it("keeps to the limit of a key, if that is more than one", async () => {
      const { engine, clock } = await start([hold("pair", { maxPerKey: 2 }), hold("hold")]);
      const submit = (type: string) =>
        engine.submit({ type, input: {}, concurrencyKey: "k" }, caller);
      const all = [
        await submit("pair"),
        await submit("pair"),
        await submit("pair"),
        await submit("hold"),
      ];
      assert.deepEqual(await states(engine, all), ["running", "running", "pending", "pending"]);
      await clock.advance(10_000);
      assert.deepEqual(
        await states(engine, all.slice(2)),
        ["running", "pending"],
        "the last one wants the key for itself",
      );
      await clock.advance(10_000);
      assert.deepEqual(await states(engine, all.slice(2)), ["succeeded", "running"]);
    });

    it("starts tasks no more often than their type allows", async () => {
      const startRate = { starts: 2, perMs: 10_000 };
      const { engine, clock } = await start([hold("rare", { startRate }), hold("hold")]);
      const submit = (type: string) => engine.submit({ type, input: {} }, caller);
      const all = [];
      for (let i = 0; i < 4; i++) all.push(await submit("rare"));
      const free = await submit("hold");
      assert.deepEqual(await states(engine, [...all, free]), [
        "running",
        "running",
        "pending",
        "pending",
        "running",
      ]);
      await clock.advance(4_999);
      assert.deepEqual(await states(engine, all.slice(2)), ["pending", "pending"]);
      await clock.advance(1);
      assert.deepEqual(await states(engine, all.slice(2)), ["running", "pending"]);
      await clock.advance(5_000);
      assert.deepEqual(await states(engine, all.slice(3)), ["running"]);
    });

    it("counts the starts of each key apart, if the rate is a key's", async () => {
      const limits = { startRatePerKey: { starts: 1, perMs: 20_000 } };
      const { engine, clock } = await start([hold("rare", limits)]);
      const submit = (concurrencyKey: string) =>
        engine.submit({ type: "rare", input: {}, concurrencyKey }, caller);
      const [a, b, other] = [await submit("k"), await submit("k"), await submit("l")];
      await clock.advance(19_999);
      assert.deepEqual(await states(engine, [a, b, other]), ["succeeded", "pending", "succeeded"]);
      await clock.advance(1);
      assert.deepEqual(await states(engine, [b]), ["running"]);
    });

    it("starts no task before its time, and expires one that waited too long", async () => {
      const { engine, clock } = await start([hold("hold")]);
      const later = await engine.submit(
        { type: "hold", input: {}, notBefore: clock.now() + 5_000 },
        caller,
      );
      await engine.submit({ type: "hold", input: {}, concurrencyKey: "k" }, caller);
      const request = {
        type: "hold",
        input: {},
        concurrencyKey: "k",
        startBy: clock.now() + 4_000,
      };
      const impatient = await engine.submit(request, caller);
      await clock.advance(4_999);
      assert.deepEqual(await states(engine, [later, impatient]), ["pending", "expired"]);
      assert.equal((await now(engine, impatient)).error?.code, "StartDeadlineExceeded");
      await clock.advance(1);
      assert.deepEqual(await states(engine, [later]), ["running"]);
    });

    it("expires a task that takes longer than its type allows, and refuses what comes after", async () => {
      const { engine, clock } = await start([hold("short", { timeoutMs: 3_000 })]);
      const submitted = await engine.submit({ type: "short", input: {} }, caller);
      await clock.advance(3_000);
      const task = await now(engine, submitted);
      assert.equal(task.state, "expired");
      await clock.advance(20_000);
      assert.deepEqual(await now(engine, submitted), task);
    });
  });

  describe(`${name} executor: its load`, () => {
    it("is who waits and since when, who runs, and who gives no sign", async () => {
      const type = defineTask({
        type: "long",
        steps: { work: { run: async (_input, { sleep }) => void (await sleep(3_600_000)) } },
      });
      const { engine, clock } = await start([type]);
      const submit = () =>
        engine.submit({ type: "long", input: {}, concurrencyKey: "one" }, caller);
      const [first, second] = [await submit(), await submit()];
      await settle();
      const { waiting, longest, running, silent } = engine.load;
      assert.deepEqual([waiting, longest?.id, running, silent], [1, second.id, 1, 0]);
      await clock.advance(6 * 60_000);
      assert.equal(engine.load.silent, 1, "of the one that runs");
      await engine.cancel(caller.account, first.id, { by: "ann", reason: "-" });
      await now(engine, first);
      assert.deepEqual([engine.load.waiting, engine.load.silent], [0, 0]);
    });
  });

  describe(`${name} executor: control`, () => {
    const work = defineTask({
      type: "work",
      cancelGraceMs: 5_000,
      steps: {
        one: async (_, context) => context.sleep(10_000),
        two: async (_, context) => context.sleep(10_000),
      },
    });
    const control = { by: "someone", reason: "because" };

    it("cancels what runs: the signal fires, the step stops, the task is canceled", async () => {
      const { engine, clock } = await start([work]);
      const submitted = await engine.submit({ type: "work", input: {} }, caller);
      await clock.advance(1_000);
      await engine.cancel(caller.account, submitted.id, control);
      const task = await now(engine, submitted);
      assert.equal(task.state, "canceled");
      assert.equal(task.steps[0]?.state, "canceled");
      assert.equal(task.steps[1]?.attempt, 0);
      assert.deepEqual(
        await engine.cancel(caller.account, task.id, control),
        task,
        "again: nothing changes",
      );
    });

    it("gives up a step that ignores the signal at the cancel deadline, and refuses its late result", async () => {
      let finish = () => {};
      const deaf = defineTask({
        type: "deaf",
        cancelGraceMs: 5_000,
        steps: {
          only: () =>
            new Promise((resolve) => {
              finish = () => resolve({ late: true });
            }),
        },
      });
      const { engine, clock } = await start([deaf]);
      const submitted = await engine.submit({ type: "deaf", input: {} }, caller);
      await settle();
      await engine.cancel(caller.account, submitted.id, control);
      await clock.advance(4_999);
      assert.equal((await now(engine, submitted)).state, "canceling");
      await clock.advance(1);
      const task = await now(engine, submitted);
      assert.equal(task.state, "canceled");
      finish();
      assert.deepEqual(await now(engine, submitted), task);
    });

    it("pauses between steps, and stands still meanwhile", async () => {
      const { engine, clock } = await start([work]);
      const deadline = clock.now() + 60_000;
      const submitted = await engine.submit(
        { type: "work", input: {}, finishBy: deadline },
        caller,
      );
      await clock.advance(1_000);
      await engine.pause(caller.account, submitted.id, control);
      await clock.advance(100_000);
      const paused = await now(engine, submitted);
      assert.equal(paused.state, "paused");
      assert.deepEqual(
        paused.steps.map((step) => step.state),
        ["succeeded", "waiting"],
      );
      await engine.resume(caller.account, submitted.id, control);
      const task = await end(engine, clock, submitted);
      assert.equal(task.state, "succeeded");
      assert.equal(task.finishBy, deadline + 100_000);
    });

    it("refuses what makes no sense, with a reason", async () => {
      const { engine, clock } = await start([work]);
      const submitted = await engine.submit({ type: "work", input: {} }, caller);
      await settle();
      await assert.rejects(engine.cancel(caller.account, "nope", control), {
        code: "TaskNotFound",
      });
      await assert.rejects(engine.cancel("2000000000000002", submitted.id, control), {
        code: "TaskNotFound",
      });
      await end(engine, clock, submitted);
      for (const act of ["cancel", "pause", "resume"] as const) {
        await assert.rejects(engine[act](caller.account, submitted.id, control), {
          code: "TaskEnded",
        });
      }
      await assert.rejects(engine.submit({ type: "nope", input: {} }, caller), {
        code: "TaskTypeNotFound",
      });
    });
  });

  describe(`${name} executor: undo`, () => {
    const ran: string[] = [];
    const built = (how: { fails?: boolean; undoFails?: number } = {}) => {
      ran.length = 0;
      return defineTask({
        type: "built",
        retry: { maxAttempts: 3, firstDelayMs: 1_000, jitter: 0 },
        cancelGraceMs: 5_000,
        steps: {
          network: {
            run: async (_, { resources }) => {
              ran.push("network");
              resources.put("test.network", "n", {});
              return { network: "n" };
            },
            undo: async (_, { resources, outputs }) => {
              ran.push(`undo network ${outputs["network"]}`);
              resources.remove("test.network", "n");
            },
          },
          disk: {
            run: async (_, { resources }) => resources.put("test.disk", "d", {}),
            undo: async (_, { resources, attempt, sleep }) => {
              ran.push(`undo disk #${attempt}`);
              resources.remove("test.disk", "d");
              await sleep(1_000);
              if (attempt - 2 < (how.undoFails ?? 0)) throw new Error("still in use");
            },
          },
          start: async (_, context) => {
            await context.sleep(10_000);
            if (how.fails) throw new TerminalError("Quota", "no quota is left");
          },
        },
      });
    };
    const left = async (engine: Engine) => {
      const resources = engine.resources(caller.account);
      const kinds = ["test.network", "test.disk"];
      return (await Promise.all(kinds.map((kind) => resources.list({ kind })))).flat().length;
    };

    it("takes back what succeeded when the task fails, the latest first", async () => {
      const { engine, clock } = await start([built({ fails: true })]);
      const submitted = await engine.submit({ type: "built", input: {} }, caller);
      await clock.advance(10_000);
      const ending = await now(engine, submitted);
      assert.deepEqual([ending.state, ending.ending?.as], ["running", "failed"]);
      assert.equal(await left(engine), 2, "resources change with the success of the undo");
      const task = await end(engine, clock, submitted);
      assert.deepEqual([task.state, task.error?.code], ["failed", "Quota"]);
      assert.deepEqual(ran, ["network", "undo disk #2", "undo network n"]);
      assert.equal(await left(engine), 0);
    });

    it("does so on cancel as well", async () => {
      const { engine, clock } = await start([built()]);
      const submitted = await engine.submit({ type: "built", input: {} }, caller);
      await clock.advance(1_000);
      await engine.cancel(caller.account, submitted.id, { by: "x", reason: "y" });
      assert.equal((await now(engine, submitted)).state, "canceling");
      await clock.advance(60_000);
      assert.equal((await now(engine, submitted)).state, "canceled");
      assert.equal(await left(engine), 0);
    });

    it("tries an undo again, and goes on with the next one if it fails for good", async () => {
      const { engine, clock } = await start([built({ fails: true, undoFails: 9 })]);
      const submitted = await engine.submit({ type: "built", input: {} }, caller);
      const task = await end(engine, clock, submitted);
      assert.deepEqual([task.state, task.error?.code], ["failed", "Quota"]);
      assert.deepEqual(ran.slice(1), [
        "undo disk #2",
        "undo disk #3",
        "undo disk #4",
        "undo network n",
      ]);
      const [network, disk] = task.steps;
      assert.deepEqual([network?.undo?.state, disk?.undo?.state], ["done", "failed"]);
      assert.equal(disk?.undo?.error?.message, "still in use");
      assert.equal(await left(engine), 1);
    });

    it("goes on after a crash in the middle of it, and after a stop", async () => {
      const { engine, store, clock } = await start([built({ fails: true })]);
      const submitted = await engine.submit({ type: "built", input: {} }, caller);
      await clock.advance(10_500);
      const { FakeClock } = await import("../support/fake-clock.ts");
      const second = await start([built({ fails: true })], {
        store,
        clock: new FakeClock(clock.now()),
      });
      const task = await end(second.engine, second.clock, submitted);
      assert.deepEqual([task.state, task.error?.code], ["failed", "Quota"]);
      assert.deepEqual(ran, ["undo disk #3", "undo network n"]);
      assert.equal(await left(second.engine), 0);
    });
  });

  describe(`${name} executor: approvals`, () => {
    const asks = defineTask({
      type: "asks",
      retry: { firstDelayMs: 1_000, jitter: 0 },
      steps: {
        only: async (_, context) => {
          try {
            const { by, data } = await context.approval({ question: "go on?" });
            return { by, data };
          } catch {
            return { by: "nobody" };
          }
        },
      },
    });
    const answer = (decision: "approve" | "reject") =>
      ({ step: "only", decision, by: "ada", reason: "because", data: { x: 1 } }) as const;

    it("waits for an answer, however long, and hands it to the step", async () => {
      const { engine, clock } = await start([asks]);
      const submitted = await engine.submit({ type: "asks", input: {} }, caller);
      await clock.advance(1_000_000);
      assert.equal((await now(engine, submitted)).state, "running");
      await engine.signal(caller.account, submitted.id, answer("approve"));
      const task = await now(engine, submitted);
      assert.equal(task.state, "succeeded");
      assert.deepEqual(task.outputs, { by: "ada", data: { x: 1 } });
      assert.equal(task.steps[0]?.approvals?.[0]?.verdict?.reason, "because");
    });

    it("fails on a rejection, whatever the handler makes of it", async () => {
      const { engine } = await start([asks]);
      const submitted = await engine.submit({ type: "asks", input: {} }, caller);
      await settle();
      await engine.signal(caller.account, submitted.id, answer("reject"));
      const task = await now(engine, submitted);
      assert.equal(task.state, "failed");
      assert.equal(task.error?.code, "ApprovalRejected");
      assert.equal(task.error?.message, "ada rejected: because");
    });

    it("goes on waiting after a restart, and an answer of before still counts", async () => {
      const { engine, store, clock } = await start([asks]);
      const one = await engine.submit({ type: "asks", input: {} }, caller);
      const other = await engine.submit({ type: "asks", input: {} }, caller);
      await settle();
      const { FakeClock } = await import("../support/fake-clock.ts");
      const second = await start([asks], { store, clock: new FakeClock(clock.now()) });
      await settle();
      await second.engine.signal(caller.account, one.id, answer("approve"));
      assert.equal((await now(second.engine, one)).state, "succeeded");
      await second.engine.pause(caller.account, other.id, { by: "x", reason: "y" });
      await second.engine.signal(caller.account, other.id, answer("approve"));
      await second.engine.resume(caller.account, other.id, { by: "x", reason: "y" });
      assert.equal((await now(second.engine, other)).state, "succeeded");
      await assert.rejects(second.engine.signal(caller.account, other.id, answer("approve")), {
        code: "TaskEnded",
      });
    });
  });

  describe(`${name} executor: subtasks`, () => {
    const child = defineTask({
      type: "child",
      steps: { only: async (_, context) => context.sleep(5_000) },
    });
    const parent = defineTask({
      type: "parent",
      retry: { firstDelayMs: 10, jitter: 0 },
      steps: {
        fan: async (_, context) => {
          const children = await Promise.all(
            ["a", "b"].map((key) => context.subtask({ key, type: "child", input: { key } })),
          );
          if (context.attempt === 1) throw new Error("once more");
          return { states: children.map((task) => task.state) };
        },
      },
    });

    it("runs them inside the step, shows them, and finds them again in the next attempt", async () => {
      const { engine, clock } = await start([parent, child]);
      const submitted = await engine.submit({ type: "parent", input: {} }, caller);
      const running = await now(engine, submitted);
      assert.deepEqual(
        running.steps[0]?.subtasks?.map((one) => one.state),
        ["running", "running"],
      );
      const task = await end(engine, clock, submitted);
      assert.equal(task.steps[0]?.attempt, 2);
      assert.deepEqual(task.outputs, { states: ["succeeded", "succeeded"] });
      assert.deepEqual(
        task.steps[0]?.subtasks?.map((one) => one.state),
        ["succeeded", "succeeded"],
      );
      const children = await engine.list({ account: caller.account, parentId: task.id, limit: 10 });
      assert.equal(children.tasks.length, 2);
    });

    it("cancels them with their parent", async () => {
      const { engine, clock } = await start([parent, child]);
      const submitted = await engine.submit({ type: "parent", input: {} }, caller);
      await settle();
      await engine.cancel(caller.account, submitted.id, { by: "x", reason: "y" });
      const task = await end(engine, clock, submitted);
      assert.equal(task.state, "canceled");
      const children = await engine.list({ account: caller.account, parentId: task.id, limit: 10 });
      assert.deepEqual(
        children.tasks.map((one) => one.state),
        ["canceled", "canceled"],
      );
    });
  });

  describe(`${name} executor: resources`, () => {
    it("writes a step's changes with its success, and none of a failed attempt", async () => {
      const type = defineTask({
        type: "build",
        retry: { firstDelayMs: 1_000, jitter: 0 },
        steps: {
          make: async (_, { resources, attempt }) => {
            resources.put("test.node", "n-1", { state: "new", attempt }, "c-1");
            if (attempt === 1) throw new Error("no");
          },
          grow: async (_, { resources }) => {
            resources.update("test.node", "n-1", (data) => ({ ...data, state: "grown" }));
          },
        },
        onEnd: async (task, resources) => resources.put("test.log", task.id, { state: task.state }),
      });
      const { engine, clock } = await start([type]);
      const resources = engine.resources(caller.account);
      const submitted = await engine.submit({ type: "build", input: {} }, caller);
      await settle();
      assert.equal(await resources.get("test.node", "n-1"), undefined);
      await end(engine, clock, submitted);
      assert.deepEqual((await resources.get("test.node", "n-1"))?.data, {
        state: "grown",
        attempt: 2,
      });
      assert.deepEqual((await resources.get("test.log", submitted.id))?.data, {
        state: "succeeded",
      });
      assert.equal((await resources.list({ kind: "test.node", parent: "c-1" })).length, 1);
    });
  });

  describe(`${name} executor: restarts`, () => {
    it("goes on where it was after a crash, and runs no recorded step again", async () => {
      const ran: string[] = [];
      const type = defineTask({
        type: "long",
        steps: Object.fromEntries(
          ["one", "two", "three"].map((step) => [
            step,
            async (_: unknown, context: StepContext) => {
              ran.push(`${step}#${context.attempt}`);
              await context.sleep(1_000);
            },
          ]),
        ),
      });
      const { engine, store, clock } = await start([type]);
      const submitted = await engine.submit({ type: "long", input: {} }, caller);
      await clock.advance(1_500);
      // The process is gone: its timers never fire, nothing was told to stop. Another one opens the same store.
      const { FakeClock } = await import("../support/fake-clock.ts");
      const second = await start([type], { store, clock: new FakeClock(clock.now()) });
      const task = await end(second.engine, second.clock, submitted);
      assert.equal(task.state, "succeeded");
      assert.deepEqual(ran, ["one#1", "two#1", "two#2", "three#1"]);
      assert.equal(task.steps[1]?.crashes, 1);
    });

    it("stops gracefully: steps are interrupted, not failed, and nothing is lost", async () => {
      const type = defineTask({
        type: "long",
        retry: { maxAttempts: 1 },
        steps: { only: async (_, context) => context.sleep(60_000) },
      });
      const { openSqliteStore } = await import("../../src/store/sqlite/sqlite-store.ts");
      const real = await openSqliteStore(":memory:");
      const { engine, clock } = await start([type], { store: bound(real) });
      const submitted = await engine.submit({ type: "long", input: {} }, caller);
      await settle();
      const stopped = engine.stop(1_000);
      await assert.rejects(engine.submit({ type: "long", input: {} }, caller), {
        code: "StoreUnavailable",
      });
      await clock.advance(1_000);
      await stopped;
      const second = await start([type], { store: bound(real) });
      const task = await end(second.engine, second.clock, submitted);
      assert.equal(task.state, "succeeded");
      assert.deepEqual(
        [task.steps[0]?.attempt, task.steps[0]?.failures, task.steps[0]?.crashes],
        [2, 0, 0],
      );
    });

    it("leaves a task alone whose type nobody knows any more, until somebody does", async () => {
      const type = defineTask({
        type: "own",
        steps: { only: async (_, context) => context.sleep(1_000) },
      });
      const { engine, store, clock } = await start([type]);
      const submitted = await engine.submit({ type: "own", input: {} }, caller);
      await clock.advance(500);
      const without = await start([], { store });
      await without.clock.advance(100_000);
      assert.equal((await now(without.engine, submitted)).state, "running");
      const again = await start([type], { store });
      assert.equal((await end(again.engine, again.clock, submitted)).state, "succeeded");
    });
  });

  async function states(engine: Engine, tasks: readonly Task[]): Promise<string[]> {
    await settle();
    return Promise.all(
      tasks.map(async (task) => (await engine.get(caller.account, task.id)).state),
    );
  }
}

/** The same store, but a close that leaves it open for the next engine. */
function bound<T extends { close(): Promise<void> }>(store: T): T {
  return new Proxy(store, {
    get(target, name) {
      if (name === "close") return async () => {};
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
