/**
 * The process that evaluates tenants' JSONata, and nothing else (design: security.md section 4).
 *
 * An expression is tenant code, so this process holds nothing worth having: no environment, no
 * network client, no file access beyond its own sources, no code generation from text. It may be
 * killed at any moment.
 */
import type { Expression as CompiledExpression } from 'jsonata';
import type {
  ChildMessage,
  EvaluationContext,
  EvaluationResult,
  Expression,
  Job,
} from './protocol.ts';

const stackDepthMax = 300;
const sequenceLengthMax = 100_000;

// Frozen before JSONata loads, so that no expression can reach through them. Array.prototype stays
// open: JSONata's own sequence guardrail writes to it.
for (const builtIn of [
  Object,
  Function,
  String,
  Number,
  Boolean,
  RegExp,
  Date,
  Promise,
  Map,
  Set,
]) {
  Object.freeze(builtIn.prototype);
}

const { default: jsonata } = await import('jsonata');

async function evaluate(job: Job, expression: Expression): Promise<EvaluationResult> {
  const { name } = expression;
  try {
    const value = await compile(expression.text, job.timeoutMs).evaluate(
      inputOf(job.context.body),
      bindingsOf(job.context),
    );
    // The text form is what crosses the process boundary: functions and cycles do not.
    const text = typeof value === 'function' ? undefined : JSON.stringify(value);
    if (text === undefined) return { name, ok: true };
    if (Buffer.byteLength(text) > job.resultBytesMax) {
      return { name, ok: false, reason: `the result is larger than ${job.resultBytesMax} bytes` };
    }
    return { name, ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { name, ok: false, reason: reasonOf(error) };
  }
}

function compile(text: string, timeoutMs: number): CompiledExpression {
  const expression = jsonata(text, {
    timeout: timeoutMs,
    stack: stackDepthMax,
    sequence: sequenceLengthMax,
  });
  // $eval would evaluate text that no check has seen.
  expression.registerFunction('eval', () => {
    throw new Error('$eval is not available');
  });
  return expression;
}

/** A body that is not an object is wrapped, so that `value` names it (S-039). */
function inputOf(body: unknown): unknown {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? body : { value: body };
}

function bindingsOf(context: EvaluationContext): Record<string, unknown> {
  return { headers: context.headers, query: context.query, delivery: context.delivery };
}

function reasonOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const message = 'message' in error ? String(error.message) : 'evaluation failed';
  const code = 'code' in error ? `${String(error.code)}: ` : '';
  return code + message;
}

function send(message: ChildMessage): void {
  process.send?.(message);
}

process.on('message', (job: Job) => {
  void (async () => {
    for (const expression of job.expressions) {
      send({ kind: 'result', id: job.id, result: await evaluate(job, expression) });
    }
  })();
});
process.on('disconnect', () => process.exit(0));

// The first evaluation compiles the library's hot paths; tenants should not pay for that.
await compile('$uppercase(a) & $string($sum(b))', 1_000).evaluate({ a: 'warm', b: [1, 2] });
send({ kind: 'ready' });
