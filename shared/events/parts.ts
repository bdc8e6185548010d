import { z } from 'zod';

/** The parts that the schemas of events are put together from. All objects are open (S-101). */

/** An id, opaque to receivers. */
export const id = (of: string) => z.string().min(1).describe(`Id of ${of}`);

export const text = (meaning: string) => z.string().describe(meaning);

export const flag = (meaning: string) => z.boolean().describe(meaning);

/** A count, 0 or more. */
export const count = (of: string) => z.int().nonnegative().describe(of);

/** A moment: ISO 8601 with a time zone. */
export const moment = (of: string) => z.iso.datetime({ offset: true }).describe(of);

export const oneOf = <const Value extends string>(
  values: readonly [Value, ...Value[]],
  meaning: string,
) => z.enum(values).describe(meaning);

export const exactly = <const Value extends string | boolean>(value: Value, meaning: string) =>
  z.literal(value).describe(meaning);

/** A currency: three letters, in either case. */
export const currency = (meaning: string) =>
  z
    .string()
    .regex(/^[A-Za-z]{3}$/)
    .describe(meaning);

export const open = z.looseObject;
