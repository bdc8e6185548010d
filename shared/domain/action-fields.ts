import type { ActionDescription } from './action.ts';
import { coerceField, isMissing } from './coerce.ts';

/** What is to become a field of an action: a value, or why there is none. */
export type FieldInput =
  | { readonly name: string; readonly ok: true; readonly value?: unknown }
  | { readonly name: string; readonly ok: false; readonly reason: string };

/** What became of one field: a value of its type, nothing (no `value`), or an error. */
export type MadeField =
  | { readonly field: string; readonly value?: unknown }
  | { readonly field: string; readonly error: string };

export interface MadeFields {
  /** One for each input, in order. */
  readonly fields: readonly MadeField[];
  /** Required fields that no input names, or for which there is nothing. */
  readonly missing: readonly string[];
}

/** Turns inputs into the typed fields of an action (S-023), every one, whether at fault or not. */
export function makeFields(action: ActionDescription, inputs: readonly FieldInput[]): MadeFields {
  const known = new Map(action.targetFields.map((field) => [field.name, field]));
  const fields = inputs.map((input): MadeField => {
    const field = input.name;
    const target = known.get(field);
    if (target === undefined) return { field, error: `${action.name} has no such field` };
    if (!input.ok) return { field, error: input.reason };
    if (isMissing(input.value)) return { field };
    const coerced = coerceField(target, input.value);
    return coerced.ok ? { field, value: coerced.value } : { field, error: coerced.reason };
  });
  const made = new Set(
    fields.filter((each) => 'value' in each || 'error' in each).map(({ field }) => field),
  );
  const missing = action.targetFields.filter(({ name, required }) => required && !made.has(name));
  return { fields, missing: missing.map(({ name }) => name) };
}

export type TypedFields =
  | { readonly ok: true; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly field: string; readonly reason: string };

/** The typed fields, or the first one at fault. */
export function typedFields({ fields, missing }: MadeFields): TypedFields {
  const typed: Record<string, unknown> = {};
  for (const each of fields) {
    if ('error' in each) return { ok: false, field: each.field, reason: each.error };
    if ('value' in each) typed[each.field] = each.value;
  }
  const [absent] = missing;
  if (absent !== undefined) {
    return { ok: false, field: absent, reason: 'a required field is missing' };
  }
  return { ok: true, fields: typed };
}
