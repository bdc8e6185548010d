import type { TenantId } from '../domain/ids.ts';
import type { LanguageLevel } from '../domain/language-level.ts';
import { TidegateError } from '../errors/tidegate-error.ts';
import type { ChildRequest } from './child-process.ts';
import {
  contextBytesMax,
  defaultFieldCpuMs,
  defaultKeyCpuMs,
  expressionBytesMax,
  wallLimitMs,
} from './limits.ts';
import { plainResult } from './plain.ts';
import { makePool, type Isolation } from './pool.ts';
import type { EvaluationContext, EvaluationResult, Expression, Failure } from './protocol.ts';
import { makeQuarantine } from './quarantine.ts';
import type { JobEnd } from './verdict.ts';

export interface CheckRequest {
  readonly tenantId: TenantId;
  readonly level: LanguageLevel;
  readonly expressions: readonly Expression[];
}

export interface EvaluationRequest extends CheckRequest {
  readonly context: EvaluationContext;
  /** What each expression makes: a field of an action, or an idempotency key. Sets its CPU budget. */
  readonly budget: 'field' | 'key';
}

/**
 * Evaluates tenants' JSONata in killable child processes. The only way to do so in Tidegate. What is no more
 * than a constant or a path to one value is read without a child.
 */
export interface Evaluator {
  /**
   * One result for each expression, in order. An expression that had to be stopped is reported as failed,
   * and so are the ones after it that need a child, as not evaluated; one that had to be stopped twice is
   * refused for a while. Rejects with `unavailable` when too many wait or processes are lost to the
   * machine, and with a plain Error when the evaluator is closed.
   */
  evaluate(request: EvaluationRequest): Promise<readonly EvaluationResult[]>;
  /** Compiles the expressions: syntax, language level, size. For the moment at which they are saved. */
  checkExpressions(request: CheckRequest): Promise<readonly EvaluationResult[]>;
  close(): Promise<void>;
}

export type EvaluatorEvent =
  | { readonly kind: 'child_lost'; readonly reason: string }
  | {
      readonly kind: 'expression_stopped';
      readonly tenantId: TenantId;
      readonly name: string;
      readonly reason: string;
      readonly isQuarantined: boolean;
    };

export interface EvaluatorOptions {
  readonly children: number;
  /** CPU budgets of one field and of one key, in milliseconds. */
  readonly fieldCpuMs?: number;
  readonly keyCpuMs?: number;
  /** Whether tenants share children; they do by default. */
  readonly isolation?: Isolation;
  /** Told of what an operator may want to see. */
  readonly onEvent?: (event: EvaluatorEvent) => void;
}

/** A request that may go to a child, once what is known beforehand has been sorted out. */
type TenantRequest = ChildRequest & { readonly tenantId: TenantId };

export function makeEvaluator(options: EvaluatorOptions): Evaluator {
  const { fieldCpuMs = defaultFieldCpuMs, keyCpuMs = defaultKeyCpuMs } = options;
  const onEvent = options.onEvent ?? (() => undefined);
  const pool = makePool({
    children: options.children,
    isolation: options.isolation ?? 'shared',
    onChildLost: (reason) => onEvent({ kind: 'child_lost', reason }),
  });
  const quarantine = makeQuarantine(() => performance.now());
  const allow = (cpuMs: number) => ({ cpuMs, wallMs: wallLimitMs(cpuMs) });

  /** What needs no child to be refused: too long a text, and one in quarantine. */
  function refusalOf(tenantId: TenantId, { name, text }: Expression): Failure | undefined {
    if (Buffer.byteLength(text) > expressionBytesMax) {
      return fail(name, `the expression is longer than ${expressionBytesMax} bytes`);
    }
    const reason = quarantine.find(tenantId, text);
    return reason === undefined ? undefined : fail(name, reason);
  }

  /** One result for each expression. Without a context they are only compiled, all of them by a child. */
  async function answer(
    { tenantId, level, expressions }: CheckRequest,
    context: EvaluationContext | null,
    cpuMs: number,
  ): Promise<readonly EvaluationResult[]> {
    const settled = expressions.map(
      (each) => refusalOf(tenantId, each) ?? readPlain(each, context),
    );
    const open = expressions.filter((_, index) => settled[index] === undefined);
    const request = { tenantId, level, expressions: open };
    const results = open.length === 0 ? [] : [...(await askChild(request, context, cpuMs))];
    return settled.flatMap((result) => result ?? results.splice(0, 1));
  }

  /** The context is written out for a child alone. */
  async function askChild(
    request: CheckRequest,
    context: EvaluationContext | null,
    cpuMs: number,
  ): Promise<readonly EvaluationResult[]> {
    const contextJson = context && JSON.stringify(context);
    if (contextJson !== null && Buffer.byteLength(contextJson) > contextBytesMax) {
      const reason = `the body and the headers are larger than ${contextBytesMax} bytes`;
      return request.expressions.map(({ name }) => fail(name, reason));
    }
    return run({ ...request, contextJson, allowance: allow(cpuMs) });
  }

  /** Runs a request, and once more on another child what a lost one left open. */
  async function run(request: TenantRequest): Promise<readonly EvaluationResult[]> {
    const { tenantId, ...job } = request;
    const { results, end } = await pool.run(tenantId, job);
    const open = job.expressions.slice(results.length);
    if (end.kind !== 'lost') return [...results, ...settle(tenantId, open, end)];
    const again = await pool.run(tenantId, { ...job, expressions: open });
    if (again.end.kind === 'lost') {
      throw new TidegateError('unavailable', `Two evaluators in a row: ${again.end.reason}.`);
    }
    const left = open.slice(again.results.length);
    return [...results, ...again.results, ...settle(tenantId, left, again.end)];
  }

  /** The failures of what a child that is gone did not finish: the expression at fault comes first. */
  function settle(tenantId: TenantId, open: readonly Expression[], end: JobEnd): Failure[] {
    const [culprit, ...others] = open;
    if (culprit === undefined || end.kind === 'done' || end.kind === 'lost') return [];
    if (end.kind === 'refused') return open.map(({ name }) => fail(name, end.reason));
    const { name, text } = culprit;
    const { reason } = end;
    const isQuarantined = quarantine.note(tenantId, text, reason);
    onEvent({ kind: 'expression_stopped', tenantId, name, reason, isQuarantined });
    const skipped = `not evaluated: the expression of ${name} was stopped`;
    return [fail(name, reason), ...others.map((other) => fail(other.name, skipped))];
  }

  return {
    evaluate: (request) =>
      answer(request, request.context, request.budget === 'key' ? keyCpuMs : fieldCpuMs),
    checkExpressions: (request) => answer(request, null, fieldCpuMs),
    close: () => pool.close(),
  };
}

const fail = (name: string, reason: string): Failure => ({ name, ok: false, reason });

/** The result of an expression that needs no child; undefined for any other, and without a context. */
function readPlain(
  { name, text }: Expression,
  context: EvaluationContext | null,
): EvaluationResult | undefined {
  const plain = context === null ? undefined : plainResult(text, context);
  return plain && { name, ok: true, ...plain };
}
