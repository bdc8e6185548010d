/** A field of a mapping is filled by a static value or by an expression; the editor shows which (S-043). */
import type { TargetFieldType } from './action.ts';

export type StaticError = 'INVALID_INT' | 'INVALID_NUMBER' | 'INVALID_BOOLEAN' | 'INVALID_JSON';

export type StaticExpression =
  | { readonly ok: true; readonly expression: string }
  | { readonly ok: false; readonly code: StaticError };

export type FieldMode =
  { readonly mode: 'static'; readonly text: string } | { readonly mode: 'expression' };

/** The expression that yields a static value: a literal of JSONata. */
export function toExpression(type: TargetFieldType, text: string): StaticExpression {
  switch (type) {
    case 'string':
    case 'ref':
    case 'enum':
      return { ok: true, expression: JSON.stringify(text) };
    case 'int':
      return numberLiteral(text, 'INVALID_INT', Number.isSafeInteger);
    case 'number':
      return numberLiteral(text, 'INVALID_NUMBER', Number.isFinite);
    case 'boolean': {
      const literal = text.trim().toLowerCase();
      const isBoolean = literal === 'true' || literal === 'false';
      return isBoolean ? { ok: true, expression: literal } : { ok: false, code: 'INVALID_BOOLEAN' };
    }
    case 'json': {
      const literal = jsonLiteral(text);
      if (literal === undefined) return { ok: false, code: 'INVALID_JSON' };
      return { ok: true, expression: literal };
    }
    default:
      return type satisfies never;
  }
}

/** The static value that an expression is, when it is the literal that `toExpression` writes. */
export function fromExpression(type: TargetFieldType, expression: string): FieldMode {
  const literal = expression.trim();
  const text = type === 'string' || type === 'ref' || type === 'enum' ? unquote(literal) : literal;
  if (text === undefined) return { mode: 'expression' };
  const back = toExpression(type, text);
  const isLiteral = back.ok && back.expression === literal;
  return isLiteral ? { mode: 'static', text } : { mode: 'expression' };
}

const numberText = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function numberLiteral(
  text: string,
  code: StaticError,
  holds: (value: number) => boolean,
): StaticExpression {
  const trimmed = text.trim();
  const value = numberText.test(trimmed) ? Number(trimmed) : Number.NaN;
  return holds(value) ? { ok: true, expression: String(value) } : { ok: false, code };
}

/** The document in its shortest form; undefined for what is no JSON, or holds a number beyond all bounds. */
function jsonLiteral(text: string): string | undefined {
  let isFinite = true;
  try {
    const value: unknown = JSON.parse(text, (_key, part: unknown) => {
      if (typeof part === 'number' && !Number.isFinite(part)) isFinite = false;
      return part;
    });
    return isFinite ? JSON.stringify(value) : undefined;
  } catch {
    return undefined;
  }
}

function unquote(literal: string): string | undefined {
  try {
    const value: unknown = JSON.parse(literal);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
