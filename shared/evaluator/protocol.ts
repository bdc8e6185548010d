/** What the evaluator and its child processes say to each other. Data only, as JSON. */
import type { LanguageLevel } from '../domain/language-level.ts';

export interface Expression {
  /** Names the expression in results and messages: a target field, or `idempotencyKey`. */
  readonly name: string;
  readonly text: string;
}

/** What an expression sees: the body as its input, the rest as `$headers`, `$query`, `$delivery`. */
export interface EvaluationContext {
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly delivery: Readonly<Record<string, unknown>>;
}

export interface Job {
  readonly id: number;
  readonly level: LanguageLevel;
  readonly expressions: readonly Expression[];
  /** An EvaluationContext as JSON; null when the expressions are to be compiled only. */
  readonly contextJson: string | null;
}

/** What is wrong with an expression. `position` counts characters, as JSONata does. */
export interface Failure {
  readonly name: string;
  readonly ok: false;
  readonly reason: string;
  readonly position?: number;
}

/** `value` is absent when the path led nowhere. */
export type EvaluationResult =
  { readonly name: string; readonly ok: true; readonly value?: unknown } | Failure;

/** A result on its way: the value as JSON, so that it is written once and read once. */
export type WireResult =
  { readonly name: string; readonly ok: true; readonly json?: string } | Failure;

/**
 * A child answers each job with one `started`, once the context is loaded, and one `result` for each
 * expression before it begins the next: what had to be stopped is the one that is missing.
 */
export type ChildMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'started'; readonly id: number }
  | { readonly kind: 'result'; readonly id: number; readonly result: WireResult };
