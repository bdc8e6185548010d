import { z } from 'zod';
import { parseIsoTime } from '../domain/iso-time.ts';

/** One member of a request that is at fault: a JSON pointer (RFC 6901) and what is wrong there. */
const detailSchema = z.strictObject({ pointer: z.string(), message: z.string() });
export type ProblemDetail = z.infer<typeof detailSchema>;

/** What every error of the API looks like (RFC 9457, with a stable `code`). */
export const problemSchema = z
  .strictObject({
    type: z.string().describe('urn:tidegate:error: and the code'),
    title: z.string(),
    status: z.int(),
    code: z.string().describe('Stable; docs/errors.md says what to do about each'),
    message: z.string(),
    details: z.array(detailSchema),
    requestId: z.string().describe('Names the request in the log of the gateway'),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problemSchema>;

/** A moment on the wire: ISO 8601 in UTC. */
export const timestampSchema = z.iso.datetime();
/** The database reads no offset of 16 hours or more. */
const farOffset = /[+-](1[6-9]|2\d):\d\d$/;

/** A moment as callers may give it: any offset, and a year that the database knows. */
export const momentSchema = z.iso
  .datetime({ offset: true, abort: true })
  .refine((text) => parseIsoTime(text) !== undefined, 'The year is 1 to 9999.')
  .transform((text) => (farOffset.test(text) ? new Date(text).toISOString() : text))
  .describe('ISO 8601 with a time zone, for example 2026-01-31T08:00:00Z');

/** The page size of a list: 1 to 100, clamped. `fallback` when absent. */
export const limitSchema = (fallback: number) =>
  z.coerce
    .number()
    .int()
    .default(fallback)
    .transform((limit) => Math.min(100, Math.max(1, limit)))
    .describe(`Rows a page, 1 to 100; ${fallback} when absent`);

export const cursorSchema = z
  .string()
  .max(512)
  .optional()
  .describe('`nextCursor` of the page before');

/** A list: newest first, with the cursor of its next page. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    data: z.array(item),
    nextCursor: z.string().nullable(),
    hasMore: z.boolean(),
  });
}

export const dataOf = <Item extends z.ZodType>(item: Item) => z.strictObject({ data: item });
