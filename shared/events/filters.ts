import { z } from 'zod';
import { countCharacters } from '../domain/characters.ts';
import { isStorableText } from '../domain/storable-text.ts';
import type { ErrorDetail } from '../errors/tidegate-error.ts';
import { eventTypeNames } from './catalogue.ts';
import { issuesOf } from './issues.ts';
import { typeMatches, type EndpointFilter } from './matching.ts';

/** Bounds of what an endpoint may filter by (S-086). */
export const filterLimits = {
  entries: 50,
  characters: 200,
  labelCharacters: 64,
  eventTypes: 200,
} as const;

const { entries, characters, labelCharacters } = filterLimits;

const listOf = (entry: z.ZodType<string>, most: number = entries) =>
  z
    .array(entry)
    .max(most, `This may have at most ${most} entries.`)
    .describe(`At most ${most} entries; absent or empty: all pass`)
    .exactOptional();

const value = z
  .string()
  .min(1, 'An entry has at least one character.')
  .refine(isStorableText, 'NUL and half characters are not taken.')
  .refine(
    (text) => countCharacters(text) <= characters,
    `An entry has at most ${characters} characters.`,
  );

const conversation = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,200}$/, 'An id of a conversation is 1 to 200 of A–Z a–z 0–9 _ -.');

const label = z
  .string()
  .regex(/^[a-z0-9:_-]{1,64}$/, `A label is 1 to ${labelCharacters} of a–z 0–9 : _ -.`);

/** What an endpoint may say of the events it wants, as the API takes it. */
export const endpointFilterSchema = z.strictObject({
  eventTypes: listOf(value, filterLimits.eventTypes),
  resourceTypes: listOf(value),
  channels: listOf(value),
  aiWorkflowStates: listOf(value),
  filters: z
    .strictObject({
      owners: listOf(value),
      conversations: listOf(conversation),
      labels: listOf(label),
    })
    .exactOptional(),
});

export type FilterVerdict =
  | { readonly ok: true; readonly filter: EndpointFilter }
  | { readonly ok: false; readonly issues: readonly [ErrorDetail, ...ErrorDetail[]] };

/** Whether `input` is a filter that an endpoint may have. Whether its types exist: `checkTypePatterns`. */
export function checkFilters(input: unknown): FilterVerdict {
  const parsed = endpointFilterSchema.safeParse(input);
  return parsed.success
    ? { ok: true, filter: parsed.data }
    : { ok: false, issues: issuesOf(parsed.error) };
}

/**
 * What is wrong with the event types of an endpoint (S-087): an entry that stands for no type, built-in
 * or the tenant's own. The message lists what is allowed.
 */
export function checkTypePatterns(
  patterns: readonly string[],
  tenantTypeNames: readonly string[],
): ErrorDetail[] {
  const known = [...eventTypeNames, ...tenantTypeNames];
  return patterns.flatMap((pattern, index) =>
    known.some((name) => typeMatches(pattern, name))
      ? []
      : [
          {
            pointer: `/eventTypes/${index}`,
            message: `There is no event type ${pattern}. Allowed are *, the name of a family with .*, and ${known.join(', ')}.`,
          },
        ],
  );
}
