import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { predict, SAMPLE } from "./trace-file.ts";

test("the sample is what its script writes, and what its README says of it", async () => {
  const script = fileURLToPath(new URL("../../scripts/make-sample.js", import.meta.url));
  const { stderr } = await promisify(execFile)(process.execPath, [script, "--check"]);
  expect(stderr).toBe("");
  expect(predict(SAMPLE)).toMatchObject({ requests: 400, blocks: 9536, hits: 3832 });
});
