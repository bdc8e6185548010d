import { setTimeout as sleep } from 'node:timers/promises';
import { Option } from 'commander';
import {
  dispatchStatuses,
  type DeliverySummaryView,
} from '../../../shared/schemas/delivery-api.ts';
import { defineCommand, type CliCommand } from '../command.ts';
import { makeDeliveryFeed } from '../delivery-feed.ts';
import { checkFailure } from '../failure.ts';
import { hookPath } from '../hook-lookup.ts';
import { integer } from '../options/values.ts';
import { cellText } from '../output/printable.ts';

interface TailOptions {
  readonly status?: string;
  readonly last: number;
  readonly count?: number;
  readonly timeout?: number;
  readonly interval: number;
}

export const tail: CliCommand = defineCommand<TailOptions>({
  usage: 'tail <hook>',
  summary: 'Deliveries as they come in, a line each, until Ctrl-C',
  description:
    'A delivery that was pending is shown again with its outcome. With --count and --timeout a test can wait for what it caused: it ends with 6 when too little came.',
  examples: [
    'deliveries tail alerts',
    'deliveries tail alerts --json --status dispatched --count 1 --timeout 30',
  ],
  options: [
    new Option('--status <status>', 'those in this state').choices(dispatchStatuses),
    new Option('--last <count>', 'begin with so many that came before')
      .argParser(integer(0, 100))
      .default(0),
    new Option('--count <lines>', 'end after so many lines').argParser(integer(1, 1_000_000)),
    new Option('--timeout <seconds>', 'end after this time').argParser(integer(1, 86_400)),
    new Option('--interval <ms>', 'how often to look')
      .argParser(integer(100, 60_000))
      .default(1_000),
  ],
  async run({ api, out, options }, hook) {
    const { status, last, count = Infinity, timeout, interval } = options;
    const deadline = Date.now() + (timeout ?? Infinity) * 1_000;
    const address = `${await hookPath(api, hook)}/deliveries`;
    const feed = makeDeliveryFeed(api, address, { status, last });
    let shown = 0;
    for (;;) {
      const { deliveries, isComplete } = await feed.next();
      if (!isComplete) out.note('More came between two looks than can be shown; see the list.');
      for (const delivery of deliveries) {
        out.entry(delivery, lineOf(delivery));
        shown += 1;
        if (shown === count) return;
      }
      if (Date.now() + interval > deadline) break;
      await sleep(interval);
    }
    if (shown < count && count !== Infinity) {
      throw checkFailure(`${shown} of ${count} came within ${timeout} s.`);
    }
  },
});

function lineOf(delivery: DeliverySummaryView): string {
  const { receivedAt, id, authStatus, dispatchStatus, outcome, sourceIp } = delivery;
  const state = authStatus === 'verified' ? dispatchStatus : authStatus;
  const said = outcome?.['message'] ?? outcome?.['entityId'];
  const rest = [sourceIp, said].filter((part) => part !== null && part !== undefined);
  return [receivedAt, id, state, ...rest.map((part) => cellText(part))].join('  ');
}
