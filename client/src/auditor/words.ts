/** Step 10 in words: the lines that `undersigned audit` prints, so that a page and the command say the same. */

import { commas } from "../values/index.ts";
import { type Failure, oneLine, quoted } from "./findings.ts";
import { type LetterCount, type OrganisationCount, type Report, type Step, verdict } from "./report.ts";

export const DEMONSTRATION =
  "DEMONSTRATION. This instance says of itself that it is one: people and figures are invented.";

/** Whether a step holds, as it is printed. */
export function mark(step: Step): string {
  return step.failures ? "FAILED" : "ok";
}

/** A step after its number. */
export function stepWords({ title, checked }: Step): string {
  return oneLine(`${title} – ${checked}`);
}

/** What failed, and where: log and entry. */
export function failureWords({ step, log, entry, words }: Failure): string {
  const place = entry === null ? log : `${log}, entry ${commas(entry)}`;
  return oneLine(`Step ${step}, ${place}: ${words}`);
}

/** A letter's count: its heading, and the lines under it. */
export function countWords(letter: LetterCount): { readonly heading: string; readonly lines: readonly string[] } {
  const { slug, title, outcome, goal, closes } = letter;
  const heading = oneLine(`Letter “${slug}”${title === null ? "" : `: ${quoted(title)}`}`);
  if (outcome === "goal-missed") {
    const missed = goal ? `Closed below its goal of ${commas(goal)}: nothing was published.` : "Closed below its goal.";
    return { heading, lines: [missed] };
  }
  const { signed, withdrawn, net, organisations } = letter;
  const end = closes === null ? "its end is not known" : `closes ${closes}`;
  return {
    heading,
    lines: [
      `signed ${commas(signed)}, withdrawn ${commas(withdrawn)}, net ${commas(net)}`,
      ...organisations.map((each) => oneLine(`${each.organisation}: ${organisationWords(each)}`)),
      ...besideWords(letter),
      outcome === "closed" ? "Closed." : `Open: ${end}.`,
    ],
  };
}

function besideWords({ supporters, names }: LetterCount): string[] {
  const out: string[] = [];
  if (supporters !== null) {
    const { at_least: atLeast, as_of: asOf } = supporters;
    const number = atLeast ? `at least ${commas(atLeast)}` : "fewer than ten";
    out.push(
      `beside this count, on the server's word: ${number} people elsewhere confirmed an e-mail address (${asOf})`,
    );
  }
  if (names) {
    const number = names === 1 ? "one name is" : `${commas(names)} names are`;
    out.push(`${number} shown under the letter, bound by the registry; no second count`);
  }
  return out;
}

function organisationWords(each: OrganisationCount): string {
  const { workforce, last_tick: tick } = each;
  const of = workforce === null
    ? "of an unknown number"
    : `of at least ${commas(workforce.at_least)} who work there (${workforce.as_of}, ${quoted(workforce.source)})`;
  if (tick === null) return `nothing published yet, ${of}`;
  const vouched = each.vouched ? `; ${commas(each.vouched)} of the net vouched for by other members` : "";
  const admitted = each.issued
    .filter((one) => one.at_most !== null)
    .map((one) => `${one.issuer} admitted at most ${commas(one.at_most ?? 0)}`)
    .join("; ");
  const counted = `signed ${commas(each.signed)}, withdrawn ${commas(each.withdrawn)}`;
  return `net ${commas(each.net)} ${of}${vouched}; ${counted}; ${admitted}; ${each.final ? "last round" : "round of"} ${tick}`;
}

/** What to type to audit the same again; what a shell would take for more than an address is left to the person. */
export function command({ source }: Pick<Report, "source">): string {
  const place = /^https?:\/\//.test(source) ? "ADDRESS" : "FOLDER";
  return `uvx undersigned audit ${/^https?:\/\/[A-Za-z0-9:/.[\]_~%-]+$/.test(source) ? source : place}`;
}

/** All lines of a report, as the command prints them. */
export function lines(report: Report): string[] {
  const out = report.demo ? [DEMONSTRATION, ""] : [];
  out.push(oneLine(`Audit of ${report.source}`));
  for (const step of report.steps) {
    out.push(`${String(step.number).padStart(3)}. ${mark(step).padEnd(6)} ${stepWords(step)}`);
  }
  if (report.failures.length) out.push("", ...report.failures.map(failureWords));
  const more = report.failures_total - report.failures.length;
  if (more > 0) out.push(`… and ${commas(more)} more.`);
  if (report.remarks.length) out.push("", ...report.remarks.map((words) => oneLine(`Note: ${words}`)));
  for (const letter of report.letters) {
    const { heading, lines: counted } = countWords(letter);
    out.push("", heading, ...counted.map((line) => `  ${line}`));
  }
  out.push("", verdict(report));
  return out;
}
