/** The input of an expression: a body that is not an object is wrapped, so that `value` names it (S-039). */
export function inputOf(body: unknown): unknown {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? body : { value: body };
}
