/** Transparency logs by the C2SP specifications: pure functions over octets. */

export { Checkpoint, openCheckpoint } from "./checkpoint.ts";
export { CosignatureVerifierKey } from "./cosignature.ts";
export { EMPTY_ROOT, leafHash, root } from "./merkle.ts";
export { verifyConsistency, verifyInclusion } from "./merkle-proof.ts";
export { MAX_NOTE, Note, VerifierKey } from "./note.ts";
export { logOnly, Policy } from "./policy.ts";
export { MAX_PROOF, TlogProof, verify as verifyProof } from "./proof.ts";
export { bundles, readBundle, TilePath } from "./tile.ts";
export { Rebuilder, TileReader } from "./tile-tree.ts";
