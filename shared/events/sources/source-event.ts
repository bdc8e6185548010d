import type { z } from 'zod';
import type { EventTypeName } from '../catalogue.ts';
import type { EventData } from '../event-type.ts';
import { issuesOf } from '../issues.ts';
import type { EventAttributes } from '../matching.ts';

/** An event that a source system's own report stands for. */
export interface NewSourceEvent {
  readonly type: EventTypeName;
  readonly resourceType: string;
  /** The source's own id of what it is about: any text, not only a UUID. */
  readonly resourceId: string;
  readonly data: EventData;
  /** The wire id, evt_…, where source and type make it; otherwise the recorder draws one. */
  readonly id?: string;
  /** Whether it goes out only when the receipt of the operation that it causes is known (S-064). */
  readonly awaitsReceipt: boolean;
  readonly attributes: EventAttributes;
}

/**
 * What becomes of a report: events; nothing, for a stated reason; or a refusal that names the member
 * at fault by its JSON pointer.
 */
export type SourceVerdict =
  | { readonly events: readonly [NewSourceEvent, ...NewSourceEvent[]] }
  | { readonly ignored: string }
  | { readonly refused: { readonly field: string; readonly message: string } };

/** Checks a report and maps it, or refuses it at its first member that is not as documented. */
export function mapParsed<Schema extends z.ZodType>(
  schema: Schema,
  payload: unknown,
  map: (parsed: z.output<Schema>) => SourceVerdict,
): SourceVerdict {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return map(parsed.data);
  const [{ pointer, message }] = issuesOf(parsed.error);
  return refuse(pointer, message);
}

export const one = (event: NewSourceEvent): SourceVerdict => ({ events: [event] });

export const refuse = (field: string, message: string): SourceVerdict => ({
  refused: { field, message },
});

type Present<Members> = { [Name in keyof Members]?: NonNullable<Members[Name]> };

/** The members that have a value. A source says null where an event says nothing. */
export function present<Members extends Readonly<Record<string, unknown>>>(
  members: Members,
): Present<Members> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && value !== null),
  ) as Present<Members>;
}
