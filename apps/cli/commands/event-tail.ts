import { Option } from 'commander';
import { typeMatches } from '../../../shared/events/matching.ts';
import type { EventView } from '../../../shared/schemas/event-api.ts';
import { defineCommand, type CliCommand } from '../command.ts';
import { followEvents } from '../event-stream.ts';
import { requireCount, untilNote, untilOptions, type UntilOptions } from '../follow.ts';
import { interruption } from '../interruption.ts';
import { repeatable } from '../options/values.ts';
import { cellText } from '../output/printable.ts';

interface TailOptions extends UntilOptions {
  readonly type?: readonly string[];
  readonly after?: string;
}

export const eventTail: CliCommand = defineCommand<TailOptions>({
  usage: 'tail',
  summary: 'Events as they happen, a line each, until Ctrl-C',
  description: `Reads the event stream, and takes it up again where it broke: each event comes once. ${untilNote}`,
  examples: [
    `events tail --type 'ticket.*'`,
    'events tail --json --after evt_01994d1c5c5e7b568f0e6a1c1d2e3f40 --count 1 --timeout 30',
  ],
  options: [
    repeatable('--type <pattern>', 'only this type, or a pattern such as ticket.*'),
    new Option('--after <event>', 'begin with what followed this event'),
    ...untilOptions(),
  ],
  async run({ api, out, options }) {
    const { type: patterns = ['*'], after, count = Infinity, timeout } = options;
    const enough = new AbortController();
    const timer =
      timeout === undefined ? undefined : setTimeout(() => enough.abort(), timeout * 1_000);
    const signal = AbortSignal.any([interruption(), enough.signal]);
    let shown = 0;
    try {
      const events = followEvents(api, {
        signal,
        after,
        onOpen: () => out.note('Waiting for events.'),
        onLost: (isGapless) => out.note(lostText(isGapless)),
      });
      for await (const event of events) {
        if (!patterns.some((pattern) => typeMatches(pattern, event.type))) continue;
        out.entry(event, lineOf(event));
        shown += 1;
        if (shown === count) return;
      }
    } finally {
      clearTimeout(timer);
    }
    if (enough.signal.aborted) requireCount(shown, options);
  },
});

/** What a person is told of a stream that broke. */
export const lostText = (isGapless: boolean): string =>
  isGapless
    ? 'The stream broke; it goes on where it was.'
    : 'The stream broke before an event came; what happens until it is open again is not shown.';

function lineOf({ createdAt, id, type, resourceType, resourceId }: EventView): string {
  return [createdAt, id, cellText(type), cellText(`${resourceType} ${resourceId}`)].join('  ');
}
