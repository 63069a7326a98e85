/**
 * Errors, in families by what the caller should do next: the same families and codes as in Python.
 *
 * `code` is lower-case words joined by hyphens, stable across releases; `words` is a sentence for the person who
 * made the mistake.
 */

export type Family = "malformed" | "refused" | "conflict" | "withheld" | "unavailable";

/** An error as data, which crosses from a Worker to its page. */
export interface ErrorRecord {
  readonly family: Family;
  readonly code: string;
  readonly words: string;
}

/** What went wrong, in words for the person who can act on it. */
export class UndersignedError extends Error {
  readonly family: Family;
  readonly code: string;
  readonly words: string;

  constructor(family: Family, code: string, words: string, cause?: unknown) {
    super(words, cause === undefined ? undefined : { cause });
    this.family = family;
    this.code = code;
    this.words = words;
    this.name = family;
  }

  /** The error as data. */
  record(): ErrorRecord {
    return { family: this.family, code: this.code, words: this.words };
  }
}

/** The octets are not in the one spelling that the format allows: correct them, then try again. */
export class Malformed extends UndersignedError {
  constructor(code: string, words: string, cause?: unknown) {
    super("malformed", code, words, cause);
  }
}

/** Understood and declined by a rule or a failed proof: trying the same again will not help. */
export class Refused extends UndersignedError {
  constructor(code: string, words: string, cause?: unknown) {
    super("refused", code, words, cause);
  }
}

/** Something that is already there excludes it: look at what is there first. */
export class Conflict extends UndersignedError {
  constructor(code: string, words: string, cause?: unknown) {
    super("conflict", code, words, cause);
  }
}

/** Not there, or not shown: from outside the two look the same. */
export class Withheld extends UndersignedError {
  constructor(code: string, words: string, cause?: unknown) {
    super("withheld", code, words, cause);
  }
}

/** Nothing is wrong with the request, the service cannot serve it now: try again later. */
export class Unavailable extends UndersignedError {
  constructor(code: string, words: string, cause?: unknown) {
    super("unavailable", code, words, cause);
  }
}

const FAMILIES = {
  malformed: Malformed,
  refused: Refused,
  conflict: Conflict,
  withheld: Withheld,
  unavailable: Unavailable,
} as const;

/** A new error of a family. */
export function errorOf(family: Family, code: string, words: string, cause?: unknown): UndersignedError {
  return new FAMILIES[family](code, words, cause);
}

/** The error that `record` was made of. */
export function fromRecord(record: ErrorRecord): UndersignedError {
  return errorOf(record.family, record.code, record.words);
}
