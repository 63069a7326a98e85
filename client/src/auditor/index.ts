/**
 * The auditor: replays both logs and recounts (`docs/protocol.md`, section 6). Results are data; nothing here knows a
 * page.
 */

export { audit, type Audited, type Options, type PartName, type Progress, SILENT } from "./audit.ts";
export { type Failure, oneLine, quoted, STEPS } from "./findings.ts";
export { parsePolicy } from "./heads.ts";
export { LocalPool, type Pool, serve, type WorkerLike, WorkerPool } from "./parallel.ts";
export { type LetterCount, type OrganisationCount, type Report, type Step, verdict } from "./report.ts";
export { type ArchivedFile, ArchiveSource, longest, type Source, WebSource } from "./source.ts";
export { parseState, type State } from "./state.ts";
export { countWords, DEMONSTRATION, failureWords, lines, mark, stepWords } from "./words.ts";
