/** What the evaluator and its child processes say to each other. Data only, as JSON. */

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
  readonly expressions: readonly Expression[];
  readonly context: EvaluationContext;
  /** Wall time that JSONata's own guardrail allows for one expression, in milliseconds. */
  readonly timeoutMs: number;
  readonly resultBytesMax: number;
}

/** `value` is absent when the path led nowhere. */
export type EvaluationResult =
  | { readonly name: string; readonly ok: true; readonly value?: unknown }
  | { readonly name: string; readonly ok: false; readonly reason: string };

export type ChildMessage =
  | { readonly kind: 'ready' }
  /** Sent after each expression, so that a child that must be killed can be blamed on the next. */
  | { readonly kind: 'result'; readonly id: number; readonly result: EvaluationResult };
