/**
 * Expressions that need no evaluation: constants, and names that lead to a text, a number, a boolean or null.
 * They are most of what mappings are made of, and reading one is neither tenant code nor work that could
 * run away. What is not plainly one of these is JSONata's, and its child process's, to judge.
 */
import { isJsonObject } from '../domain/json-object.ts';
import { inputOf } from './input.ts';
import type { EvaluationContext } from './protocol.ts';

/** `value` is absent when the path led nowhere. */
export interface PlainResult {
  readonly value?: string | number | boolean | null;
}

const text = /^"([^"\\\p{Cc}]*)"$/u;
const shortNumber = /^(?:0|[1-9]\d{0,9})(?:\.\d{1,4})?$/;
const constants: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
]);
/** A result that the child might find too large is left to it. */
const lengthMax = 65_536;

/** The result of an expression that is a constant or a path to one value; undefined for any other. */
export function plainResult(
  expression: string,
  context: EvaluationContext,
): PlainResult | undefined {
  const source = expression.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
  const quoted = text.exec(source)?.[1];
  if (quoted !== undefined) return { value: quoted };
  if (shortNumber.test(source)) return { value: Number(source) };
  const constant = constants.get(source);
  if (constant !== undefined) return { value: constant };
  const path = parsePath(source);
  return path && follow(path.names, rootOf(path.variable, context));
}

interface Path {
  readonly variable: Variable | undefined;
  readonly names: readonly string[];
}

type Variable = 'headers' | 'query' | 'delivery';

/** Words that JSONata reads as something else than a name. */
const reserved = new Set(['and', 'or', 'in', 'function', ...constants.keys()]);

function parsePath(source: string): Path | undefined {
  const variable = /^\$(headers|query|delivery)\./.exec(source)?.[1] as Variable | undefined;
  const name = /(?:([A-Za-z_]\w*)|`([^`]+)`)(?:\.|$)/y;
  name.lastIndex = variable === undefined ? 0 : variable.length + 2;
  const names: string[] = [];
  while (name.lastIndex < source.length) {
    const found = name.exec(source);
    const [, bare, quoted] = found ?? [];
    if (bare !== undefined && reserved.has(bare)) return undefined;
    const next = bare ?? quoted;
    if (next === undefined) return undefined;
    names.push(next);
  }
  return names.length === 0 || source.endsWith('.') ? undefined : { variable, names };
}

const rootOf = (variable: Variable | undefined, context: EvaluationContext): unknown =>
  variable === undefined ? inputOf(context.body) : context[variable];

/** Follows names through objects. Lists are walked by JSONata's rules, and so is whatever else is odd. */
function follow(names: readonly string[], root: unknown): PlainResult | undefined {
  let at = root;
  for (const name of names) {
    if (!isJsonObject(at) || name in Object.prototype) return undefined;
    if (!Object.hasOwn(at, name)) return {};
    at = at[name];
  }
  return isPlain(at) ? { value: at } : undefined;
}

function isPlain(value: unknown): value is string | number | boolean | null {
  if (typeof value === 'string') return value.length <= lengthMax;
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  return typeof value === 'boolean' || value === null;
}
