import type { TargetField } from './action.ts';
import { isStorableJson, isStorableText } from './storable-text.ts';

export type Coerced =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string };

/** True for what a mapping yields when there is nothing to map: null, absent and empty text. */
export function isMissing(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

const refuse = (reason: string): Coerced => ({ ok: false, reason });
const accept = (value: unknown): Coerced => ({ ok: true, value });

/**
 * Turns the result of an expression into the type of its target field (S-023). Objects and lists
 * are refused where text is wanted: "[object Object]" as a title helps nobody.
 */
export function coerceField(field: TargetField, value: unknown): Coerced {
  switch (field.type) {
    case 'string':
    case 'ref':
      return toText(value);
    case 'int':
      return toNumber(value, 'a whole number', Number.isSafeInteger);
    case 'number':
      return toNumber(value, 'a finite number', Number.isFinite);
    case 'boolean':
      if (value === true || value === 'true') return accept(true);
      if (value === false || value === 'false') return accept(false);
      return refuse(`${show(value)} is not a boolean`);
    case 'enum': {
      const text = toText(value);
      if (!text.ok || field.enumValues?.includes(text.value as string)) return text;
      return refuse(`${show(value)} is not one of ${field.enumValues?.join(', ')}`);
    }
    case 'json':
      return isStorableJson(value) ? accept(value) : refuse(unstorable(value));
    default:
      return field.type satisfies never;
  }
}

function toText(value: unknown): Coerced {
  if (typeof value === 'string') {
    return isStorableText(value) ? accept(value) : refuse(unstorable(value));
  }
  if (typeof value === 'number' || typeof value === 'boolean') return accept(String(value));
  return refuse(`${show(value)} is not a text`);
}

function toNumber(value: unknown, wanted: string, holds: (n: number) => boolean): Coerced {
  const isNumeric = typeof value === 'number' || (typeof value === 'string' && value.trim() !== '');
  const number = isNumeric ? Number(value) : Number.NaN;
  return holds(number) ? accept(number) : refuse(`${show(value)} is not ${wanted}`);
}

function unstorable(value: unknown): string {
  return `${show(value)} contains a NUL character or half a surrogate pair, which cannot be stored`;
}

/** The value as it appears in a message: JSON, cut to a length that fits a line. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 79).toWellFormed()}…` : text;
}
