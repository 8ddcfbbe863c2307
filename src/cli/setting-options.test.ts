import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Command } from "commander";
import { loadConfig } from "../config/load.ts";
import { optionName, SETTING_NAMES, SETTINGS } from "../config/settings.ts";
import { settingOptions } from "./setting-options.ts";

/** The configuration that these arguments of `serve` make. */
function configOf(...args: readonly string[]) {
  const command = new Command().exitOverride();
  for (const option of settingOptions()) command.addOption(option);
  command.parse(args, { from: "user" });
  return loadConfig(command.opts(), { env: {} });
}

describe("the options of taskscribe serve", () => {
  it("are those of the table of settings, without secrets and without what has no text", () => {
    const names = settingOptions().map(({ long }) => long);
    const expected = SETTING_NAMES.filter((name) => SETTINGS[name].by === "option and environment");
    assert.deepEqual(names, expected.map(optionName));
    for (const secret of ["--secret-key", "--metrics-token"]) assert.ok(!names.includes(secret));
  });
  it("say what they are, what they take, and what holds without them, in ASCII", () => {
    for (const { long, flags, description } of settingOptions()) {
      assert.match(description, /^[ -~]{10,}$/, flags);
      if (flags !== long) assert.match(description, /\(default: .+\)$/, flags);
    }
  });
  it("give the settings their values", async () => {
    const config = await configOf(
      "--port",
      "0",
      "--tls",
      "--auth",
      "known",
      "--request-log",
      "0.1",
    );
    assert.partialDeepStrictEqual(config, { port: 0, tls: true, auth: "known", requestLog: 0.1 });
  });
  it("are not set when they are empty", async () => {
    const empty = SETTING_NAMES.filter(
      (name) => SETTINGS[name].by === "option and environment" && SETTINGS[name].kind.placeholder,
    ).flatMap((name) => [optionName(name), ""]);
    assert.deepEqual(await configOf(...empty), await configOf());
  });
  it("can be repeated where the setting is a list", async () => {
    const { allowHost } = await configOf("--allow-host", "a.test", "--allow-host", "b.test");
    assert.deepEqual(allowHost, ["a.test", "b.test"]);
  });
  it("offer their few values for completion, and leave the check to the settings", async () => {
    const auth = settingOptions().find(({ long }) => long === "--auth");
    assert.deepEqual(auth?.argChoices, ["off", "known", "strict"]);
    await assert.rejects(
      configOf("--auth", "maybe"),
      /^ConfigError: --auth: found "maybe"; give one of/,
    );
  });
});
