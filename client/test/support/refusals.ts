/** What an action refuses with. */

import assert from "node:assert/strict";
import { UndersignedError } from "../../src/errors.ts";

/** The code of the error, or null where there is none; an error that is not ours is a failure. */
export function codeOf(action: () => unknown): string | null {
  try {
    action();
  } catch (error) {
    if (error instanceof UndersignedError) return error.code;
    throw error;
  }
  return null;
}

export function refuses(code: string, action: () => unknown): void {
  assert.equal(codeOf(action), code);
}
