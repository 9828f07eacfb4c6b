import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileSources } from "./compiled-sources.ts";

/** Before the suites: compiles the embedded server as it is now and what hosts it, about a second, for suites on embedded servers. */
export default function setUp(): () => void {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  mkdirSync(join(root, "build"), { recursive: true });
  // Inside the project, so that the packages it depends on resolve.
  const folder = mkdtempSync(join(root, "build", "embedded-"));
  cpSync(join(root, "package.json"), join(folder, "package.json"));
  for (const room of ["errors.ts", "bytes", "wasm", "slots", "server"]) {
    compileSources(`src/${room}`, join(folder, "src", room));
  }
  compileSources("test/rig/embedded-host.ts", join(folder, "test/rig/embedded-host.js"));
  process.env.SLOTPACK_EMBEDDED_HOST = join(folder, "test/rig/embedded-host.js");
  return () => rmSync(folder, { recursive: true, force: true });
}
