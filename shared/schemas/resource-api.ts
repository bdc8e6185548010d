import { z } from 'zod';
import { countCharacters } from '../domain/characters.ts';
import { isStorableJson, isStorableText } from '../domain/storable-text.ts';
import { cursorSchema, momentSchema } from './common.ts';

/** The page size of a list of the automation API: whatever is no number is 20 (S-114). */
const lenientLimitSchema = z
  .string()
  .optional()
  .transform((text) => {
    const limit = Math.trunc(Number(text));
    if (text === undefined || text.trim() === '' || Number.isNaN(limit)) return 20;
    return Math.min(100, Math.max(1, limit));
  })
  .describe('Rows a page, 1 to 100; 20 when absent or no number');

const latestMs = 253_402_300_799_999;

/** A moment by ISO 8601 or by milliseconds since 1970, as ISO 8601. */
export const updatedSinceSchema = z
  .union([
    momentSchema,
    z
      .string()
      .refine((text) => /^\d{1,15}$/.test(text) && Number(text) <= latestMs)
      .meta({ type: 'integer', minimum: 0, maximum: latestMs })
      .transform((text) => new Date(Number(text)).toISOString()),
  ])
  .optional()
  .describe('Only what is newer: ISO 8601 with a time zone, or milliseconds since 1970');

/** What every list of a resource takes beside its own filters. */
export const listQuery = {
  limit: lenientLimitSchema,
  cursor: cursorSchema,
  updatedSince: updatedSinceSchema,
} as const;

/** The answer to a write. */
export const writtenSchema = z.strictObject({ id: z.uuid() });

/** The answer to a command that changes a status. */
export const writtenStatusSchema = z.strictObject({ id: z.uuid(), status: z.string() });

/**
 * A text that can be stored as it is, with something in it that is no blank. Its length is counted in
 * characters, as the database and JSON Schema count it.
 */
export const textSchema = (charactersMax: number) =>
  z
    .string()
    .regex(/\S/, 'There is nothing in it but blanks.')
    .refine(isStorableText, 'NUL and half characters are not taken.')
    .refine(
      (text) => countCharacters(text) <= charactersMax,
      `At most ${charactersMax} characters.`,
    )
    .meta({ maxLength: charactersMax });

/** Any JSON value. Registered as it is, not a copy: it refers to itself. */
const jsonSchema = z.json().register(z.globalRegistry, { id: 'JsonValue' });

/** JSON members that a caller may keep on a resource: bounded in number and size. */
export const attributesSchema = z
  .record(z.string().min(1).max(64), jsonSchema)
  .refine((value) => JSON.stringify(value).length <= 16_384, 'At most 16 KiB of JSON.')
  .refine(isStorableJson, 'NUL and half characters are not taken.');
