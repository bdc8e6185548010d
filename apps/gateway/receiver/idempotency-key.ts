import { keyWallMs } from '../../../shared/evaluator/apply-mapping.ts';
import type { Evaluator } from '../../../shared/evaluator/evaluator.ts';
import type { EvaluationContext } from '../../../shared/evaluator/protocol.ts';
import type { IdempotencySource } from '../../../shared/schemas/hook.ts';

export type KeyResult =
  | { readonly ok: true; readonly key: string | null }
  | { readonly ok: false; readonly reason: string };

const keyLengthMax = 255;

/**
 * The idempotency key of a request (S-015): from a header or an expression, trimmed, an empty one
 * meaning none. Refused when the expression fails, yields an object or list, or the key is longer
 * than 255 characters: a key cut short would make two requests one.
 */
export async function findIdempotencyKey(
  evaluator: Evaluator,
  source: IdempotencySource | null,
  context: EvaluationContext,
): Promise<KeyResult> {
  if (source === null) return { ok: true, key: null };
  if (source.type === 'header') return asKey(context.headers[source.value.toLowerCase()]);
  const [result] = await evaluator.evaluate({
    expressions: [{ name: 'idempotencyKey', text: source.value }],
    context,
    wallMsPerExpression: keyWallMs,
  });
  if (result === undefined || !result.ok) {
    return { ok: false, reason: result?.reason ?? 'the expression was not evaluated' };
  }
  return asKey(result.value);
}

function asKey(value: unknown): KeyResult {
  if (value === undefined || value === null) return { ok: true, key: null };
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    return { ok: false, reason: 'the key is not a text or a number' };
  }
  const key = String(value).trim();
  if (key.length > keyLengthMax) {
    return { ok: false, reason: `the key is longer than ${keyLengthMax} characters` };
  }
  return { ok: true, key: key === '' ? null : key };
}
