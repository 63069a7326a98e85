/** Everything, by packages: the names and modules of Python. Bundles take what they need from `entry/`. */

export * as auditor from "./auditor/index.ts";
export * as bbs from "./bbs/index.ts";
export * as errors from "./errors.ts";
export * as holder from "./holder/index.ts";
export * as protocol from "./protocol/index.ts";
export * as tlog from "./tlog/index.ts";
export * as values from "./values/index.ts";
