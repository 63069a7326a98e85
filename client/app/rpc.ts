/** What the page and its Worker say to each other. Secrets stay in the Worker, but for words that are being shown. */

import type { ErrorRecord } from "../src/errors.ts";

/** How far joining has come; kept on the device until the person has joined, so that nothing is lost on reload. */
export interface Draft {
  readonly mode: "join" | "replace";
  readonly slug: string;
  readonly screen: string;
  readonly organisation: string;
  /** The issuer to join at, where they are joined one by one; empty for the one that is here. */
  readonly issuer: string;
  /** Its address as the person saw and confirmed it; empty where it is here. */
  readonly at: string;
  /** The way of joining, by its name in the registry; empty while none is chosen. */
  readonly method: string;
  readonly evidence: Evidence;
  readonly roleFamily: string;
  readonly standing: string;
}

/** What somebody brings to show that they work there, as they typed it: for a code, the code. */
export type Evidence = Readonly<Record<string, string>>;

/** An organisation, the ways of joining that the registry names for it, and who admits its members. */
export interface Workplace {
  readonly organisation: string;
  readonly methods: readonly string[];
  readonly issuers: readonly IssuerView[];
  /** Whether one joins at its issuers one by one: one of them is elsewhere, or moved, or there are several. */
  readonly apart: boolean;
}

/** An act that is being sent: until its receipt is here nobody knows whether it arrived. */
export interface Sending {
  readonly slug: string;
  readonly action: Action;
  readonly organisation: string;
}

export type Action = "sign" | "withdraw";

/** An issuer that did not stop a replacement, and why not. */
export interface Unstopped {
  readonly issuer: string;
  readonly problem: ErrorRecord;
}

export interface MembershipView {
  readonly organisation: string;
  readonly issuer: string;
  readonly roleFamily: string;
  readonly standing: string;
  /** By which way one joined. */
  readonly method: string;
  readonly epochs: readonly string[];
}

/** What lies on this device. */
export interface View {
  /** Whether the browser keeps anything at all. */
  readonly keeps: boolean;
  readonly pass: "none" | "locked" | "open";
  readonly sealed: boolean;
  /** Whether the words were asked back; null while nobody has seen them. */
  readonly words: "shown" | "checked" | "skipped" | null;
  readonly memberships: readonly MembershipView[];
  readonly receipts: number;
  readonly draft: Draft | null;
  readonly sending: Sending | null;
  /** For which letter, and in which language, somebody went elsewhere to sign in; null where no answer is awaited. */
  readonly asking: { readonly slug: string; readonly language: string } | null;
  /** The host at which one just signed in to join what the draft says; null where that has to be done yet. */
  readonly account: string | null;
}

export interface TextView {
  readonly language: string;
  readonly title: string;
  readonly body: string;
  readonly demands: readonly string[];
}

/** What this device did under a letter: from the passes and receipts that it holds. */
export type Standing = "none" | "apart" | "renew" | "ready" | "signed" | "withdrawn";

/** Where evidence goes: an issuer, and its address as a draft has them. */
export type Goal = Pick<Draft, "issuer" | "at">;

/** Who admits members of an organisation, and where that is, as the server says. */
export interface IssuerView {
  readonly name: string;
  readonly address: string;
  /** Where the person agreed before that it is; null where they have not. */
  readonly kept: string | null;
  readonly methods: readonly string[];
  /** Whether there is a pass of it: for the letter's quarter, for another one alone, or none. */
  readonly pass: "held" | "older" | "none";
}

export interface LetterView {
  readonly slug: string;
  readonly digest: string;
  readonly addressee: string;
  readonly texts: readonly TextView[];
  readonly epoch: string;
  readonly goal: number | null;
  readonly closes: string;
  readonly closed: boolean;
  readonly errata: readonly { readonly dated: string; readonly text: string }[];
  /** Organisations that are asked. */
  readonly organisations: readonly Workplace[];
  /** Whether a person's way of joining is published with a signature. */
  readonly showsMethod: boolean;
  readonly standing: Standing;
  /** Organisations of this letter for which there is a pass. */
  readonly mine: readonly string[];
  /** By when what was sent is counted, where a receipt is kept. */
  readonly deadline: string | null;
}

export interface InstanceView {
  readonly name: string;
  readonly demo: boolean;
  readonly organisations: readonly Workplace[];
}

export interface FamilyView {
  readonly code: string;
  readonly label: string;
  readonly sector: string;
}

export interface SentView {
  readonly repeated: boolean;
  readonly deadline: string;
}

export interface VerdictView {
  readonly state: string;
  readonly index: number | null;
  readonly deadline: string | null;
  /** The `.tlog-proof`, where the act is in the log. */
  readonly proof: Uint8Array | null;
}

/** What was still there after burning; empty where nothing was found. */
export interface BurnView {
  readonly left: readonly string[];
}

/** What the page may ask of the Worker until it has signed. */
interface MainVerbs {
  open(): View;
  instance(): InstanceView;
  letter(slug: string): LetterView;
  families(goal: Goal): readonly FamilyView[];
  draft(draft: Draft | null): View;
  words(): readonly (readonly [string, string])[];
  /** Which of the pairs that were typed are right; `places` counts from 0. */
  compare(places: readonly number[], typed: readonly string[]): readonly boolean[];
  noteWords(state: "checked" | "skipped"): View;
  join(draft: Draft): View;
  send(sending: Sending): SentView;
  burn(): BurnView;
}

/** What is public of an organisation's way of joining by mail. */
export interface OfferView {
  readonly organisation: string;
  readonly method: string;
  readonly domains: readonly string[];
  readonly employer: boolean;
}

/** What is public of the accounts by which members of an organisation join. */
export interface ProviderView {
  readonly organisation: string;
  readonly host: string;
  readonly employer: boolean;
}

/** What it may ask besides: the Worker loads what answers it. */
interface MoreVerbs {
  /** Get passes for the letter's quarter of issuers, each at the address that was shown. */
  renew(slug: string, goals: readonly Goal[]): View;
  /** Go to an issuer at another address than before: the person says that it moved. */
  moved(goal: Goal): View;
  /** What is public of every organisation's ways of joining. */
  offers(goal: Goal): readonly OfferView[];
  /** Have a code mailed to the draft's address, in a language. */
  mail(draft: Draft, language: string): null;
  /** The providers of those of these organisations whose members join by account. */
  providers(goal: Goal, organisations: readonly string[]): readonly ProviderView[];
  /** Keep a new question to a provider, in the place of an older one; the address at which to sign in. */
  leave(draft: Draft, language: string): string;
  /** Take what a provider sent back, once. */
  answer(given: string): View;
  /** What two members need to vouch at an issuer for whoever has this pass. */
  invitation(organisation: string, issuer: string): string;
  /** Vouch for an invitation, as it was typed; how many vouches are left this quarter. */
  vouch(typed: string, organisation: string, goal: Goal): number;
  askReplacement(draft: Draft): string;
  /** Stop a replacement at every issuer of which there is a pass; returns where it is not stopped, and why. */
  cancelReplacement(organisation: string, goals: readonly Goal[]): readonly Unstopped[];
  /** Get passes back from words, of every issuer at the address that was shown; one that answers is enough. */
  restore(phrase: string, organisation: string, goals: readonly Goal[], roleFamily: string, standing: string): View;
  check(slug: string, action: Action): VerdictView;
  receipt(slug: string): Uint8Array | null;
  forgetReceipts(slug: string): View;
  save(passphrase: string): Uint8Array;
  bring(octets: Uint8Array, passphrase: string): View;
  protect(passphrase: string | null): View;
  unlock(passphrase: string): View;
}

type Verbs = MainVerbs & MoreVerbs;
export type MainVerb = keyof MainVerbs;
export type MoreVerb = keyof MoreVerbs;
export type Verb = keyof Verbs;
export type Arguments<V extends Verb> = Parameters<Verbs[V]>;
export type Answer<V extends Verb> = ReturnType<Verbs[V]>;

/** What the Worker is doing, for the line under a button. */
export type Progress =
  | "part" | "work" | "waiting" | "registry" | "words" | "joining" | "proving" | "sending" | "log" | "passphrase" | "burning";

/** A file of script: where it is and what it has to be. */
export interface File {
  readonly path: string;
  readonly integrity: string;
}

/** Told once, before anything is asked: where the Worker's part is. */
export interface Told {
  readonly more: File;
}

export interface Request {
  readonly id: number;
  readonly verb: Verb;
  readonly args: readonly unknown[];
}

export type Message =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: ErrorRecord }
  | { readonly id: number; readonly progress: Progress; readonly done?: number }
  | { readonly event: "ready" | "changed" | "burned" };
