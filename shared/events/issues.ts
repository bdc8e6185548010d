import type { z } from 'zod';
import type { ErrorDetail } from '../errors/tidegate-error.ts';

/** Whether data has the form of its type; when not, where and why, in JSON pointers into the data. */
export type DataVerdict =
  | { readonly ok: true; readonly data: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly issues: readonly [ErrorDetail, ...ErrorDetail[]] };

/** A JSON pointer (RFC 6901) from the names on the way. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path
    .map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}

/** What zod found, in the order in which it did; never empty. */
export function issuesOf(error: z.ZodError): [ErrorDetail, ...ErrorDetail[]] {
  const [first, ...rest] = error.issues.map(({ path, message }) => ({
    pointer: pointerOf(path),
    message,
  }));
  return [first ?? { pointer: '', message: 'This does not have the documented form.' }, ...rest];
}
