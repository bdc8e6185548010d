import { Option } from 'commander';
import type { z } from 'zod';
import type {
  EventView,
  EventWithStatusView,
  redeliveredSchema,
} from '../../../shared/schemas/event-api.ts';
import { path } from '../api.ts';
import { defineCommand, type CommandGroup } from '../command.ts';
import { endpointId } from '../endpoint-lookup.ts';
import { usageFailure } from '../failure.ts';
import { listOptions, readList, type ListOptions } from '../options/list.ts';
import { integer, moment, needed, repeatable, withoutUndefined } from '../options/values.ts';
import { eventTail } from './event-tail.ts';
import { eventTypeCommands } from './event-types.ts';

type EventAnswer = { readonly data: EventWithStatusView };

interface EventListOptions extends ListOptions {
  readonly type?: string;
  readonly owner?: string;
  readonly conversation?: string;
  readonly message?: string;
  readonly resource?: string;
  readonly resourceType?: string;
  readonly since?: string;
  readonly until?: string;
}

interface PublishOptions {
  readonly resource: string;
  readonly resourceType?: string;
  readonly data?: string;
  readonly file?: string;
  readonly channel?: string;
  readonly aiState?: string;
  readonly owner?: string;
  readonly conversation?: string;
  readonly message?: string;
  readonly label?: readonly string[];
  readonly awaitsReceipt?: boolean;
}

interface ReceiptOptions {
  readonly blockNumber?: number;
  readonly transactionHash?: string;
  readonly reverted?: boolean;
}

const example = 'evt_01994d1c5c5e7b568f0e6a1c1d2e3f40';

export const events: CommandGroup = {
  name: 'events',
  summary: 'What happened, and what endpoints are told of it',
  commands: [
    defineCommand<EventListOptions>({
      usage: 'list',
      summary: 'The events, newest first',
      examples: ['events list --type ticket.created', 'events list --owner client-1 --all --json'],
      options: [
        new Option('--type <type>', 'those of one type'),
        new Option('--owner <id>', 'those of one owner'),
        new Option('--conversation <id>', 'those of one conversation'),
        new Option('--message <id>', 'those of one message'),
        new Option('--resource <id>', 'those about one thing'),
        new Option('--resource-type <type>', 'those about one kind of thing'),
        new Option('--since <moment>', 'from this moment on').argParser(moment),
        new Option('--until <moment>', 'before this moment').argParser(moment),
        ...listOptions(),
      ],
      async run({ api, out, options }) {
        const { type, owner, conversation, message, resource: object } = options;
        const { resourceType, since, until } = options;
        const of = { type, owner, conversation, message, object, resourceType, since, until };
        out.list(await readList<EventView>(api, '/events', options, of), [
          ['HAPPENED', ({ createdAt }) => createdAt],
          ['ID', ({ id }) => id],
          ['TYPE', ({ type }) => type],
          ['ABOUT', ({ resourceType, resourceId }) => `${resourceType} ${resourceId}`],
          ['OWNER', ({ attributes }) => attributes.owner],
        ]);
      },
    }),
    defineCommand({
      usage: 'show <event>',
      summary: 'One event, with how it fares at its endpoints',
      description: 'For its deliveries, see "outbound list --event".',
      examples: [`events show ${example}`],
      async run({ api, out }, id) {
        const answer = await api.get<EventAnswer>(path`/events/${id}`);
        out.item(answer, facts(answer.data));
      },
    }),
    eventTail,
    defineCommand<PublishOptions>({
      usage: 'publish <type>',
      summary: 'Publish an event of a registered type to every endpoint that it matches',
      description: 'Its data have to fit the schema of the type: see "events types <type>".',
      examples: [
        `events publish ticket.created --resource t-1 --data '{"title":"Disk full"}'`,
        'events publish order.shipped --resource o-17 --owner client-1 --file order.json',
      ],
      options: [
        needed('--resource <id>', 'what it is about'),
        new Option(
          '--resource-type <type>',
          'what kind of thing that is; by default the first that the type names',
        ),
        new Option('--data <json>', 'the data'),
        new Option('--file <file>', 'a file with the data; - is standard input').conflicts('data'),
        new Option('--channel <channel>', 'an attribute that endpoints filter by'),
        new Option('--ai-state <state>', 'another'),
        new Option('--owner <id>', 'another'),
        new Option('--conversation <id>', 'another'),
        new Option('--message <id>', 'another'),
        repeatable('--label <label>', 'another'),
        new Option('--awaits-receipt', 'send it only once "events receipt" was given'),
      ],
      async run({ api, input, out, options }, type) {
        const { resource: resourceId, resourceType, awaitsReceipt, channel, owner } = options;
        const { aiState: aiWorkflowState, conversation, message, label: labels } = options;
        const data =
          options.data === undefined
            ? await input.object(options.file ?? '-')
            : parseData(options.data);
        const given = { channel, aiWorkflowState, owner, conversation, message, labels };
        const attributes = withoutUndefined(given);
        const body = withoutUndefined({
          type,
          resourceType,
          resourceId,
          data,
          attributes: Object.keys(attributes).length === 0 ? undefined : attributes,
          awaitsReceipt,
        });
        const answer = await api.post<EventAnswer>('/events', body);
        out.item(answer, facts(answer.data));
      },
    }),
    defineCommand<ReceiptOptions>({
      usage: 'receipt <event>',
      summary: 'Give an event the receipt it awaits, which sends it; or end its wait',
      examples: [
        `events receipt ${example} --block-number 18 --transaction-hash 0x1f`,
        `events receipt ${example} --reverted --yes`,
      ],
      options: [
        new Option('--block-number <number>', 'of the receipt').argParser(integer(0, 1e15)),
        new Option('--transaction-hash <hash>', 'of the receipt, 0x…'),
        new Option('--reverted', 'it did not come to pass: the event is never sent').conflicts([
          'blockNumber',
          'transactionHash',
        ]),
      ],
      async run({ api, out, options, confirm }, id) {
        const { blockNumber, transactionHash, reverted } = options;
        if (reverted === true) await confirm(`The event ${id} will never be sent.`);
        else if (blockNumber === undefined || transactionHash === undefined) {
          throw usageFailure('Give --block-number and --transaction-hash, or --reverted.');
        }
        const body = withoutUndefined({ blockNumber, transactionHash, reverted });
        const answer = await api.post<EventAnswer>(path`/events/${id}/receipt`, body);
        out.item(answer, facts(answer.data));
      },
    }),
    defineCommand<{ endpoint?: string }>({
      usage: 'redeliver <event>',
      summary: 'Send an event again to the endpoints that it went to, or to one of them',
      description:
        'Whatever became of the earlier deliveries. The same call within five minutes sends nothing more.',
      examples: [`events redeliver ${example} --endpoint shop`],
      options: [new Option('--endpoint <endpoint>', 'only to this one')],
      async run({ api, out, options }, id) {
        const { endpoint } = options;
        const named = endpoint === undefined ? undefined : await endpointId(api, endpoint);
        const answer = await api.post<z.output<typeof redeliveredSchema>>(
          path`/events/${id}/redeliver`,
          withoutUndefined({ endpointId: named }),
        );
        const lines = answer.deliveries.map(
          ({ deliveryId, endpointId }) => `${deliveryId}\t${endpointId}`,
        );
        out.document(answer, lines.join('\n'));
        if (lines.length === 0) out.note('It went to no endpoint that is still there.');
      },
    }),
    ...eventTypeCommands,
  ],
};

function parseData(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw usageFailure(`The data are not JSON: ${(error as Error).message}`);
  }
}

/** What a person wants to know of an event; the rest is in the JSON. */
function facts(event: EventWithStatusView): Record<string, unknown> {
  const given = Object.entries(event.attributes).filter(
    ([, value]) => value !== null && value.length > 0,
  );
  const { matched, delivered, pending, failed } = event.deliveryStatus;
  return {
    id: event.id,
    type: event.type,
    happenedAt: event.createdAt,
    about: `${event.resourceType} ${event.resourceId}`,
    ...Object.fromEntries(given),
    data: event.data,
    from: event.inboundDeliveryId,
    ...(event.receiptState !== 'none' && { receipt: event.receipt ?? event.receiptState }),
    endpoints: `${matched} matched: ${delivered} delivered, ${pending} pending, ${failed} failed`,
  };
}
