import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseOpenMetrics, seriesValue } from "../../test/support/openmetrics.ts";
import { AccountMetrics, type AccountUse } from "./account-metrics.ts";
import { exposition, formatFor } from "./exposition.ts";
import { Counter, type Family, gauge, Histogram, total } from "./registry.ts";
import { type AnsweredRequest, RequestMetrics } from "./request-metrics.ts";

const parsed = async (families: readonly Family[]) =>
  parseOpenMetrics(await exposition(families, "openmetrics"));

type Parsed = Awaited<ReturnType<typeof parsed>>;

describe("the text of metrics", () => {
  it("is the same numbers for OpenMetrics and for older scrapers, each in its own form", async () => {
    const counter = new Counter("things_total", "Things.", ["kind"]);
    counter.of("a").add(2);
    assert.equal(
      await exposition([counter], "openmetrics"),
      '# TYPE things counter\n# HELP things Things.\nthings_total{kind="a"} 2\n# EOF\n',
    );
    assert.equal(
      await exposition([counter], "prometheus"),
      '# TYPE things_total counter\n# HELP things_total Things.\nthings_total{kind="a"} 2\n',
    );
  });

  it("is OpenMetrics only for who asks for it", () => {
    const prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.2";
    assert.equal(formatFor(prometheus), "openmetrics");
    assert.equal(formatFor("*/*"), "prometheus");
    assert.equal(formatFor(undefined), "prometheus");
  });

  it("keeps any name apart from the text around it", async () => {
    const name = 'a "quoted\\name"\nwith } and {le="1"} 7';
    const counter = new Counter("things_total", 'Help with \\ and "\n.', ["kind"]);
    counter.of(name).add();
    const families = await parsed([counter]);
    assert.equal(families[0]?.samples[0]?.labels["kind"], name);
  });

  it("counts a histogram's values up to each bound", async () => {
    const histogram = new Histogram("took_seconds", "Took.", [0.5, 1], ["who"]);
    for (const value of [0.1, 0.5, 0.7, 3]) histogram.of("me").observe(value);
    const families = await parsed([histogram]);
    const bucket = (le: string) => seriesValue(families, "took_seconds_bucket", { le });
    assert.deepEqual([bucket("0.5"), bucket("1.0"), bucket("+Inf")], [2, 3, 4]);
    assert.equal(seriesValue(families, "took_seconds_sum"), 4.3);
    assert.equal(seriesValue(families, "took_seconds_count"), 4);
  });

  it("asks for gauges and totals when somebody looks", async () => {
    let now = 1;
    const families = [gauge("level", "Level.", () => now), total("sum_total", "Sum.", () => now)];
    now = 5;
    const read = await parsed(families);
    assert.deepEqual([seriesValue(read, "level"), seriesValue(read, "sum_total")], [5, 5]);
  });

  it("leaves out a family that has no series yet", async () => {
    assert.equal(await exposition([new Counter("a_total", "A.", ["b"])], "openmetrics"), "# EOF\n");
  });
});

describe("series are bounded", () => {
  it("2,000 of a family; the rest are counted together", async () => {
    const counter = new Counter("things_total", "Things.", ["kind"]);
    for (let i = 0; i < 5_000; i++) counter.of(`kind-${i}`).add();
    const [family] = await parsed([counter]);
    assert.equal(family?.samples.length, 2_001);
    assert.equal(seriesValue([family], "things_total", { kind: "other" }), 3_000);
  });
});

const ANSWER: AnsweredRequest = {
  dialect: "ack",
  action: "DescribeTaskInfo",
  status: 200,
  seconds: 0.002,
  reason: undefined,
};

describe("answered requests", () => {
  it("are counted by dialect, action and class of status", async () => {
    const metrics = new RequestMetrics();
    metrics.answered(ANSWER);
    metrics.answered({ ...ANSWER, status: 204 });
    metrics.answered({ ...ANSWER, status: 404 });
    const families = await parsed(metrics.families);
    const count = (status: string) =>
      seriesValue(families, "taskscribe_requests_total", { dialect: "ack", status });
    assert.deepEqual([count("2xx"), count("4xx"), count("5xx")], [2, 1, undefined]);
    assert.equal(seriesValue(families, "taskscribe_request_duration_seconds_count"), 3);
  });

  it("that were kept open are counted, and their time is not", async () => {
    const metrics = new RequestMetrics();
    metrics.answered({ ...ANSWER, seconds: undefined });
    const families = await parsed(metrics.families);
    assert.equal(seriesValue(families, "taskscribe_requests_total"), 1);
    assert.equal(seriesValue(families, "taskscribe_request_duration_seconds_count"), undefined);
  });

  it("without dialect or action are unknown", async () => {
    const metrics = new RequestMetrics();
    metrics.answered({ ...ANSWER, dialect: undefined, action: "", status: 404 });
    metrics.answered({ ...ANSWER, action: "", status: 404 });
    const families = await parsed(metrics.families);
    const labels = families[0]?.samples.map((sample) => Object.values(sample.labels).join(" "));
    assert.deepEqual(labels, ["unknown unknown 4xx", "ack unknown 4xx"]);
  });

  it("make no more series than there can be operations, whatever is asked for", async () => {
    const metrics = new RequestMetrics();
    for (let i = 0; i < 2_000; i++) {
      metrics.answered({ ...ANSWER, action: `Action${i}`, reason: `reason-${i}` });
    }
    const families = await parsed(metrics.families);
    for (const { name, samples } of families) assert.ok(samples.length < 10_000, name);
    const unknown = { action: "unknown" };
    assert.equal(seriesValue(families, "taskscribe_requests_total", unknown), 1_500);
    assert.equal(
      seriesValue(families, "taskscribe_requests_refused_total", { reason: "other" }),
      1_500,
    );
  });
});

describe("metrics by account", () => {
  const of = (used: number, refused = 0): readonly AccountUse[] => [
    { kind: "streams", used, limit: 10, refused },
    { kind: "runningTasks", used: 1, limit: Infinity },
  ];
  const metricsOf = (uses: ReadonlyMap<string, readonly AccountUse[]>) =>
    new AccountMetrics({
      accounts: () => [...uses.keys()],
      reader: () => (account) => uses.get(account) ?? [],
    });
  const used = (families: Parsed, account: string, kind = "streams") =>
    seriesValue(families, "taskscribe_account_share_used", { account, kind });
  const refused = (families: Parsed, account: string) =>
    seriesValue(families, "taskscribe_account_share_refused_total", { account });

  it("tell what each has, may have and was refused", async () => {
    const metrics = metricsOf(new Map([["a", of(3, 7)]]));
    const families = await parsed(metrics.families(true));
    assert.equal(used(families, "a"), 3);
    assert.equal(refused(families, "a"), 7);
    const limits = families.find(({ name }) => name === "taskscribe_account_share_limit");
    assert.deepEqual(
      limits?.samples.map(({ labels, value }) => [labels["kind"], value]),
      [["streams", 10]],
    );
  });

  it("name nobody without the token", async () => {
    const families = await parsed(
      metricsOf(
        new Map([
          ["a", of(3, 7)],
          ["b", of(4)],
        ]),
      ).families(false),
    );
    assert.deepEqual([used(families, "all"), refused(families, "all")], [7, 7]);
    assert.equal(used(families, "a"), undefined);
  });

  it("name at most 50 accounts, however many there are, and lose none", async () => {
    const uses = new Map(Array.from({ length: 1_000 }, (_, i) => [`a${i}`, of(1)]));
    const metrics = metricsOf(uses);
    const families = metrics.families(true);
    assert.equal(used(await parsed(families), "other"), 975);
    // Who is refused something is named as long as there is room.
    for (let i = 900; i < 940; i++) uses.set(`a${i}`, of(1, 5));
    const later = await parsed(families);
    assert.equal(refused(later, "a900"), 5);
    assert.equal(used(later, "other"), 950);
    assert.equal(refused(later, "other"), 15 * 5);
    for (let i = 0; i < 1_000; i++) uses.set(`a${i}`, of(1));
    assert.equal(used(await parsed(families), "a900"), 1, "a series stays");
  });
});
