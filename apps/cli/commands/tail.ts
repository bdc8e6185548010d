import { Option } from 'commander';
import {
  dispatchStatuses,
  type DeliverySummaryView,
} from '../../../shared/schemas/delivery-api.ts';
import { defineCommand, type CliCommand } from '../command.ts';
import { makeDeliveryFeed } from '../delivery-feed.ts';
import { follow, followOptions, untilNote, type FollowOptions } from '../follow.ts';
import { hookPath } from '../hook-lookup.ts';
import { cellText } from '../output/printable.ts';

interface TailOptions extends FollowOptions {
  readonly status?: string;
}

export const tail: CliCommand = defineCommand<TailOptions>({
  usage: 'tail <hook>',
  summary: 'Deliveries as they come in, a line each, until Ctrl-C',
  description: `A delivery that was pending is shown again with its outcome. ${untilNote}`,
  examples: [
    'deliveries tail alerts',
    'deliveries tail alerts --json --status dispatched --count 1 --timeout 30',
  ],
  options: [
    new Option('--status <status>', 'those in this state').choices(dispatchStatuses),
    ...followOptions(1_000),
  ],
  async run(call, hook) {
    const { api, options } = call;
    const { status, last } = options;
    const address = `${await hookPath(api, hook)}/deliveries`;
    await follow(call, makeDeliveryFeed(api, address, { status, last }), lineOf);
  },
});

function lineOf(delivery: DeliverySummaryView): string {
  const { receivedAt, id, authStatus, dispatchStatus, outcome, sourceIp } = delivery;
  const state = authStatus === 'verified' ? dispatchStatus : authStatus;
  const said = outcome?.['message'] ?? outcome?.['entityId'];
  const rest = [sourceIp, said].filter((part) => part !== null && part !== undefined);
  return [receivedAt, id, state, ...rest.map((part) => cellText(part))].join('  ');
}
