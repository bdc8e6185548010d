import type { ActionDescription } from '../domain/action.ts';
import { coerceField, isMissing } from '../domain/coerce.ts';
import type { Evaluator } from './evaluator.ts';
import type { EvaluationContext } from './protocol.ts';

export type Mapped =
  | { readonly ok: true; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly field: string; readonly reason: string };

/** Wall limits of product.md: ten times the CPU budgets of S-040, at most one second. */
export const fieldWallMs = 250;
export const keyWallMs = 1_000;

/**
 * Turns a body into the typed fields of an action (S-039). The first field at fault is reported: a
 * field the action does not know, a failing expression, a value of another type, a required field
 * that the body does not yield.
 */
export async function applyMapping(
  evaluator: Evaluator,
  action: ActionDescription,
  mapping: Readonly<Record<string, string>>,
  context: EvaluationContext,
): Promise<Mapped> {
  const known = new Map(action.targetFields.map((field) => [field.name, field]));
  const results = await evaluator.evaluate({
    expressions: Object.entries(mapping).map(([name, text]) => ({ name, text })),
    context,
    wallMsPerExpression: fieldWallMs,
  });
  const fields: Record<string, unknown> = {};
  for (const result of results) {
    const field = known.get(result.name);
    const refuse = (reason: string): Mapped => ({ ok: false, field: result.name, reason });
    if (field === undefined) return refuse(`${action.name} has no such field`);
    if (!result.ok) return refuse(`${result.reason} (expression: ${mapping[result.name]})`);
    if (isMissing(result.value)) continue;
    const coerced = coerceField(field, result.value);
    if (!coerced.ok) return refuse(coerced.reason);
    fields[field.name] = coerced.value;
  }
  const absent = action.targetFields.find((field) => field.required && !(field.name in fields));
  if (absent) return { ok: false, field: absent.name, reason: 'a required field is missing' };
  return { ok: true, fields };
}
