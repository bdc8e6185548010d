/** Functions that expressions have besides those of JSONata. Runs in the child process. */

/** The value as JSON, with functions left out: they do not leave the process. */
export function toJson(value: unknown): string | undefined {
  return JSON.stringify(value, (_key, part: unknown) => (isFunction(part) ? undefined : part));
}

/** JSONata keeps functions as objects with one of these marks, and as plain functions. */
function isFunction(value: unknown): boolean {
  if (typeof value === 'function') return true;
  if (typeof value !== 'object' || value === null) return false;
  return '_jsonata_lambda' in value || '_jsonata_function' in value;
}

type Implementation = (...values: readonly unknown[]) => unknown;

export const extraFunctions: Readonly<Record<string, Implementation>> = {
  /** The time of the evaluation, as ISO 8601 in UTC. */
  nowIso: () => new Date().toISOString(),
  /** The first value that is there and not null. */
  coalesce: (...values) => values.find((value) => value !== undefined && value !== null),
  /** How many characters, items or keys; 0 for nothing. */
  len: lengthOf,
  /** Text as it is, nothing as empty text, anything else as JSON. */
  toString: textOf,
};

function lengthOf(value?: unknown): number {
  if (Array.isArray(value)) return value.length;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length;
  // By characters, as $length counts: a pair of surrogates is one.
  return Array.from(textOf(value)).length;
}

function textOf(value?: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : (toJson(value) ?? '');
}
