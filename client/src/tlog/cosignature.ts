/**
 * Cosignatures (C2SP tlog-cosignature, Ed25519, type 0x04): a witness saw one log, and when.
 *
 * The signed message does not hold the witness's name, so one key belongs to one witness. Cosignatures with ML-DSA-44
 * (type 0x06) may stand beside; they are neither made nor checked here. A client makes none.
 */

import { Refused } from "../errors.ts";
import { utf8 } from "../values/octets.ts";
import { checkEd25519, ed25519Key, encodeVkey, keyId, keyName, parseVkey, SIGNATURE, type Verifying } from "./note.ts";

/** Signature type of a timestamped Ed25519 cosignature. */
export const COSIGNATURE = 0x04;
export const TIMESTAMP = 8;
export const MAX_TIMESTAMP = 2n ** 63n - 1n;

/** What a witness signs: header, time in POSIX seconds, the checkpoint's text. */
export function message(text: string, timestamp: bigint): Uint8Array {
  return utf8(`cosignature/v1\ntime ${timestamp}\n${text}`);
}

/** The public half of a witness's key; `key` has 32 octets. */
export class CosignatureVerifierKey implements Verifying {
  readonly name: string;
  readonly key: Uint8Array;
  readonly keyId: Uint8Array;

  constructor(name: string, key: Uint8Array) {
    this.name = keyName(name);
    this.key = ed25519Key(key);
    this.keyId = keyId(name, COSIGNATURE, key);
  }

  /** Read `name+hex key ID+base64`. Throws `Malformed`. */
  static parse(vkey: string): CosignatureVerifierKey {
    return new CosignatureVerifierKey(...parseVkey(vkey, COSIGNATURE));
  }

  /** The text form, which `parse` reads. */
  encode(): string {
    return encodeVkey(this.name, COSIGNATURE, this.key);
  }

  /**
   * POSIX seconds at which the witness signed `text`; `signature` has 72 octets.
   *
   * Whether that time lies in the future is not judged here. Throws `Refused`.
   */
  timestamp(text: string, signature: Uint8Array): bigint {
    let timestamp = 0n;
    for (const octet of signature.subarray(0, TIMESTAMP)) timestamp = (timestamp << 8n) | BigInt(octet);
    if (signature.length !== TIMESTAMP + SIGNATURE || timestamp > MAX_TIMESTAMP) {
      throw new Refused("note-signature", `The cosignature of “${this.name}” does not hold.`);
    }
    checkEd25519(this.key, message(text, timestamp), signature.subarray(TIMESTAMP), this.name);
    return timestamp;
  }

  check(text: string, signature: Uint8Array): void {
    this.timestamp(text, signature);
  }
}
