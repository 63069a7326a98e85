/** Scalar values of the wire formats, canonical JSON and octets. */

export * from "./json.ts";
export * from "./octets.ts";
export * from "./text.ts";
