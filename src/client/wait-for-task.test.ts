import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeClock, settle } from "../../test/support/fake-clock.ts";
import {
  type SdkClient,
  type WaitForTaskOptions,
  waitForTask,
  waitPaced,
} from "./wait-for-task.ts";

type Answer = object | Error;

/** A client of an SDK that gives these answers in turn, the last one for ever. */
class ScriptedClient {
  readonly asked: { at: number; action: string; pathname: string; body?: object }[] = [];
  readonly #clock: FakeClock;
  readonly #answers: readonly Answer[];

  constructor(clock: FakeClock, ...answers: readonly Answer[]) {
    this.#clock = clock;
    this.#answers = answers;
  }

  async callApi(
    { action, pathname }: { action: string; pathname: string },
    { body }: { body?: object },
  ): Promise<unknown> {
    const answer = this.#answers[Math.min(this.asked.length, this.#answers.length - 1)];
    this.asked.push({ at: this.#clock.now(), action, pathname, ...(body && { body }) });
    if (answer instanceof Error) throw answer;
    return { statusCode: 200, headers: {}, body: answer };
  }

  /** Spans between the questions, in ms. */
  get spans(): readonly number[] {
    return this.asked.slice(1).map(({ at }, index) => at - (this.asked[index]?.at ?? 0));
  }
}

function given(...answers: readonly Answer[]) {
  const clock = new FakeClock();
  const client = new ScriptedClient(clock, ...answers);
  const pause = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const callOff = clock.after(ms, resolve);
      signal?.addEventListener("abort", () => {
        callOff();
        reject(signal.reason);
      });
    });
  const pacing = { now: () => clock.now(), pause, random: () => 1 };
  const wait = (taskId: string, options: WaitForTaskOptions = {}) => {
    const waiting = waitPaced(client as unknown as SdkClient, taskId, options, pacing);
    waiting.catch(() => undefined);
    return waiting;
  };
  return { clock, client, wait };
}

const T = "T-5faa48fb31b6b8078d000006";
const ack = (state: string, more: object = {}) => ({ state, ...more });
const throttled = (retryAfter?: number) =>
  Object.assign(new Error("slow down"), { code: "Throttling.User", statusCode: 400, retryAfter });
const answered = (statusCode: number, code: string) =>
  Object.assign(new Error(code), { statusCode, code });

describe("waitForTask ends on every final word", () => {
  const cases: readonly [id: string, answer: object, verdict: string][] = [
    [T, ack("success"), "succeeded"],
    [T, ack("fail"), "failed"],
    [T, ack("failed"), "failed"],
    [T, ack("canceled"), "canceled"],
    [T, ack("timeout"), "expired"],
    ["i156331731670384438138", { TaskState: "execution_success" }, "succeeded"],
    ["i156331731670384438138", { TaskState: "execution_fail" }, "failed"],
    ["i156331731670384438138", { TaskState: "execution_failed" }, "failed"],
    ["i156331731670384438138", { TaskState: "execution_cancelled" }, "canceled"],
    ["t-0000e4w0u1v592zdf6s7", { Data: { TaskStatus: "COMPLETE" } }, "succeeded"],
    ["t-0000e4w0u1v592zdf6s7", { Data: { TaskStatus: "FAILED" } }, "failed"],
    ["t-0000e4w0u1v592zdf6s7", { Data: { TaskStatus: "CANCELED" } }, "canceled"],
    ["t-0000e4w0u1v592zdf6s7", { Data: { TaskStatus: "EXPIRED" } }, "expired"],
    ["task-433aead756057fff8189a7ce5", { task: { status: "Succeeded" } }, "succeeded"],
    ["task-433aead756057fff8189a7ce5", { task: { status: "Failed" } }, "failed"],
    ["task-433aead756057fff8189a7ce5", { task: { status: "Cancelled" } }, "canceled"],
  ];
  for (const [id, answer, verdict] of cases) {
    it(`${JSON.stringify(answer)} is ${verdict}`, async () => {
      const { client, wait } = given(answer);
      assert.equal((await wait(id)).verdict, verdict);
      assert.equal(client.asked.length, 1);
    });
  }

  it("and on no other", async () => {
    const { clock, client, wait } = given(ack("running"), ack("brand_new_word"), ack("success"));
    const waiting = wait(T);
    await clock.advance(60_000);
    assert.equal((await waiting).polls, 3);
    assert.equal(client.asked.length, 3);
  });
});

describe("waitForTask asks", () => {
  it("each product in its own way", async () => {
    const asked = async (id: string, answer: object) => {
      const { client, wait } = given(answer);
      await wait(id);
      const { at: _, ...question } = client.asked[0] ?? { at: 0 };
      return question;
    };
    assert.deepEqual(await asked("T-a/b", ack("success")), {
      action: "DescribeTaskInfo",
      pathname: "/tasks/T-a%2Fb",
    });
    assert.deepEqual(await asked("i1", { TaskState: "execution_success" }), {
      action: "DescribeTask",
      pathname: "/",
      body: { TaskId: "i1" },
    });
    assert.deepEqual(await asked("t-1", { Data: { TaskStatus: "COMPLETE" } }), {
      action: "DescribeTask",
      pathname: "/api/v1/tasks/t-1",
    });
    assert.deepEqual(await asked("task-1", { task: { status: "Succeeded" } }), {
      action: "GetTask",
      pathname: "/api/v1/tasks/task-1",
    });
  });

  it("the product that the client is for, whatever the id looks like", async () => {
    const { client, wait } = given(ack("success"));
    Object.assign(client, { describeTaskInfo: () => undefined });
    assert.equal((await wait("install-addons-c3")).product, "ack");
  });

  it("for an id that tells nothing, only if it is told the product", async () => {
    const { client, wait } = given(ack("success"));
    await assert.rejects(wait("install-addons-c3"), /product, ack, lingjun, bdrc, cloudcontrol/);
    assert.equal(client.asked.length, 0);
    assert.equal((await wait("install-addons-c3", { product: "ack" })).verdict, "succeeded");
  });

  it("in the words of a product that it never heard of, if it is given them", async () => {
    const words = {
      product: "kiln",
      version: "2026-01-15",
      style: "RPC",
      method: "POST",
      action: "DescribeFiring",
      path: "/",
      taskIdParameter: "FiringId",
      taskField: "Firing",
      stateField: "Phase",
      ends: { BROKEN: "failed" },
      errorFields: { code: "Why.Code", message: "Why.Text" },
      taskIdPattern: "^kf-",
    } as const;
    const { client, wait } = given({
      Firing: { Phase: "BROKEN", Why: { Code: "Crack", Text: "it was wet" } },
    });
    const { product, verdict, error } = await wait("kf-1", { product: words });
    assert.deepEqual([product, verdict], ["kiln", "failed"]);
    assert.deepEqual(error, { code: "Crack", message: "it was wet" });
    const { at: _, ...question } = client.asked[0] ?? { at: 0 };
    assert.deepEqual(question, {
      action: "DescribeFiring",
      pathname: "/",
      body: { FiringId: "kf-1" },
    });
    await assert.rejects(wait("kf-1", { product: "kiln" }), /"kiln" is unknown; give one of ack,/);
  });

  it("less and less often, up to the longest interval", async () => {
    const { clock, client, wait } = given(ack("running"));
    void wait(T, { firstIntervalMs: 1_000, longestIntervalMs: 3_000 });
    await clock.advance(13_750);
    assert.deepEqual(client.spans, [1_000, 1_500, 2_250, 3_000, 3_000, 3_000]);
  });

  it("until the time is up, and once more then", async () => {
    const { clock, client, wait } = given(ack("running"));
    const waiting = wait(T, { timeoutMs: 2_600 });
    await clock.advance(5_000);
    const { verdict, word, waitedMs } = await waiting;
    assert.deepEqual([verdict, word, waitedMs], ["unfinished", "running", 2_600]);
    assert.deepEqual(client.spans, [1_000, 1_500, 100]);
  });

  it("no more once it is called off", async () => {
    const { clock, client, wait } = given(ack("running"));
    const caller = new AbortController();
    const waiting = wait(T, { signal: caller.signal });
    await clock.advance(100);
    caller.abort(new Error("enough"));
    await assert.rejects(waiting, /enough/);
    await clock.advance(60_000);
    assert.equal(client.asked.length, 1);
  });

  it("and does not wait for an answer that nobody wants any longer", async () => {
    const { client, wait } = given();
    client.callApi = () => new Promise(() => undefined);
    const caller = new AbortController();
    const waiting = wait(T, { signal: caller.signal });
    await settle();
    caller.abort(new Error("enough"));
    await assert.rejects(waiting, /enough/);
  });
});

describe("waitForTask tells", () => {
  it("every answer as it comes", async () => {
    const { clock, wait } = given(ack("running", { current_stage: "a" }), ack("success"));
    const heard: string[] = [];
    const waiting = wait(T, {
      onProgress: ({ word, task, polls }) =>
        heard.push(`${polls} ${word} ${task["current_stage"]}`),
    });
    await clock.advance(5_000);
    await waiting;
    assert.deepEqual(heard, ["1 running a", "2 success undefined"]);
  });

  it("why a task failed, in each product's words", async () => {
    const failure = async (id: string, answer: object) => (await given(answer).wait(id)).error;
    const told = { code: "400", message: "no room" };
    assert.deepEqual(await failure(T, ack("fail", { error: told })), told);
    assert.deepEqual(await failure("i1", { TaskState: "execution_fail", Message: "no room" }), {
      message: "no room",
    });
    const bdrc = { Data: { TaskStatus: "FAILED", ErrorMessage: "no room" } };
    assert.deepEqual(await failure("t-1", bdrc), { message: "no room" });
    assert.deepEqual(await failure("task-1", { task: { status: "Failed", error: told } }), told);
    assert.equal(await failure(T, ack("canceled")), undefined);
  });

  it("of a pause, if asked; otherwise it waits on", async () => {
    const { clock, wait } = given(ack("paused"), ack("success"));
    assert.equal((await wait(T, { stopAtPause: true })).verdict, "paused");
    const waiting = given(ack("paused"), ack("success"));
    const second = waiting.wait(T);
    await waiting.clock.advance(5_000);
    await clock.advance(0);
    assert.equal((await second).verdict, "succeeded");
  });
});

describe("waitForTask meets trouble", () => {
  it("and leaves a throttling server alone for as long as it says", async () => {
    const { clock, client, wait } = given(throttled(20_000), ack("success"));
    const waiting = wait(T);
    await clock.advance(20_000);
    assert.equal(client.asked.length, 1);
    await clock.advance(2_000);
    assert.equal((await waiting).verdict, "succeeded");
  });

  const passing: readonly Error[] = [
    throttled(),
    answered(503, "ServiceUnavailable"),
    answered(500, "InternalError"),
    answered(429, "Whatever"),
    Object.assign(new Error("read"), { code: "ECONNRESET" }),
    Object.assign(new Error("ConnectTimeout: Connect failed"), { name: "RequestTimeoutError" }),
  ];
  for (const error of passing) {
    it(`and asks again, ever later: ${error.name} ${error.message}`, async () => {
      const { clock, client, wait } = given(ack("running"), error, error, error, ack("success"));
      const waiting = wait(T);
      await clock.advance(60_000);
      assert.equal((await waiting).verdict, "succeeded");
      assert.deepEqual(client.spans, [1_000, 1_000, 2_000, 4_000]);
    });
  }

  const lasting: readonly Error[] = [
    answered(400, "400"),
    answered(404, "InvalidTask.NotFound"),
    answered(403, "Forbidden.RAM"),
    Object.assign(new Error("Please set up the credentials"), { code: "InvalidCredentials" }),
    new TypeError("client is broken"),
  ];
  for (const error of lasting) {
    it(`and gives up at once where asking again cannot help: ${error.message}`, async () => {
      const { client, wait } = given(error);
      await assert.rejects(wait(T), error);
      assert.equal(client.asked.length, 1);
    });
  }

  it("and gives up after a while, sooner if there never was an answer", async () => {
    const down = answered(503, "ServiceUnavailable");
    const never = given(down);
    const first = never.wait(T);
    await never.clock.advance(11_000);
    await assert.rejects(first, down);
    assert.deepEqual(never.client.spans, [1_000, 2_000, 4_000]);

    const once = given(ack("running"), down);
    const second = once.wait(T, { retryForMs: 60_000 });
    await once.clock.advance(120_000);
    await assert.rejects(second, down);
    assert.deepEqual(once.client.spans.slice(1), [1_000, 2_000, 4_000, 8_000, 16_000]);
  });
});

describe("waitForTask in real time", () => {
  it("does not wait for ever for an SDK that never answers", async () => {
    const client = { callApi: () => new Promise(() => undefined) };
    const options = { requestTimeoutMs: 5, retryForMs: 0 };
    await assert.rejects(waitForTask(client, T, options), /timed out: nothing came .* 10 ms/);
  });

  it("waits between two questions", async () => {
    const client = new ScriptedClient(new FakeClock(), ack("running"), ack("success"));
    const begun = performance.now();
    const options = { firstIntervalMs: 40 };
    const { verdict } = await waitForTask(client as unknown as SdkClient, T, options);
    assert.equal(verdict, "succeeded");
    assert.ok(performance.now() - begun >= 18);
  });
});
