/**
 * The process that evaluates tenants' JSONata, and nothing else (design: security.md section 4).
 *
 * An expression is tenant code, so this process holds nothing worth having: no environment, no
 * network client, no file access beyond its own sources, no code generation from text. It may be
 * killed at any moment.
 */
import type jsonataFunction from 'jsonata';
import { failureOf, makeCompile } from './compile.ts';
import { toJson } from './functions.ts';
import { inputOf } from './input.ts';
import { resultBytesMax } from './limits.ts';
import type { ChildMessage, EvaluationContext, Expression, Job, WireResult } from './protocol.ts';
import type { LanguageLevel } from '../domain/language-level.ts';

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

// The parent names the file: looking for it would read folders that this process may not read.
const { default: jsonata } = (await import(String(process.argv[2]))) as {
  readonly default: typeof jsonataFunction;
};
const compile = makeCompile(jsonata);
const channel = process;
// Code that broke out of an expression finds neither the process nor a way to the network by name.
for (const name of ['process', 'fetch', 'WebSocket', 'EventSource', 'BroadcastChannel']) {
  Reflect.deleteProperty(globalThis, name);
}

/** Evaluates one expression and returns its value as JSON; without a context it is only compiled. */
async function evaluate(
  text: string,
  level: LanguageLevel,
  context: EvaluationContext | null,
): Promise<string | undefined> {
  const expression = compile(text, level);
  if (context === null) return undefined;
  const json = toJson(await expression.evaluate(inputOf(context.body), bindingsOf(context)));
  if (json !== undefined && Buffer.byteLength(json) > resultBytesMax) {
    throw new Error(`the result is larger than ${resultBytesMax} bytes`);
  }
  return json;
}

function bindingsOf(context: EvaluationContext): Record<string, unknown> {
  return { headers: context.headers, query: context.query, delivery: context.delivery };
}

async function resultOf(
  { name, text }: Expression,
  level: LanguageLevel,
  context: EvaluationContext | null,
): Promise<WireResult> {
  try {
    const json = await evaluate(text, level, context);
    return { name, ok: true, ...(json === undefined ? {} : { json }) };
  } catch (error) {
    return failureOf(name, error);
  }
}

/**
 * Resolves when the message has left the process. Going on before that could keep a result in here
 * while the next expression spins, and the parent would blame the wrong one.
 */
function send(message: ChildMessage): Promise<void> {
  return new Promise((resolve) => {
    channel.send?.(message, undefined, undefined, () => resolve());
  });
}

async function work(job: Job): Promise<void> {
  const { id, level, expressions, contextJson } = job;
  const context = contextJson === null ? null : (JSON.parse(contextJson) as EvaluationContext);
  await send({ kind: 'started', id });
  for (const expression of expressions) {
    await send({ kind: 'result', id, result: await resultOf(expression, level, context) });
  }
}

channel.on('message', (job: Job) => void work(job));
channel.on('disconnect', () => channel.exit(0));
// Signals to the whole group (Ctrl-C, a service manager) are for the parent, which finishes its work
// first and then ends its children.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) channel.on(signal, () => undefined);

// The first evaluation compiles the library's hot paths; tenants should not pay for that.
await compile('$uppercase(a) & $string($sum(b.c[d > 0].d))', 'full').evaluate({
  a: 'warm',
  b: [{ c: [{ d: 1 }] }],
});
await send({ kind: 'ready' });
