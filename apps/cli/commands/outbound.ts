import { Option } from 'commander';
import type { z } from 'zod';
import { outboundStatuses } from '../../../shared/domain/outbound.ts';
import type {
  OutboundSummaryView,
  replayAnswerSchema,
} from '../../../shared/schemas/outbound-delivery-api.ts';
import { path, type Api, type Query } from '../api.ts';
import { defineCommand, type CliCommand, type CommandGroup } from '../command.ts';
import { waitOption, type WaitOptions } from '../delivery-outcome.ts';
import { makeOutboundFeed } from '../delivery-feed.ts';
import { endpointId } from '../endpoint-lookup.ts';
import { follow, followOptions, untilNote, type FollowOptions } from '../follow.ts';
import { listOptions, readList, type ListOptions } from '../options/list.ts';
import { integer, moment } from '../options/values.ts';
import { answerText, deliveryText, statusText } from '../output/ladder-text.ts';
import { cellText } from '../output/printable.ts';
import { readDelivery, showAttempted, type OutboundAnswer } from '../outbound-outcome.ts';

interface FilterOptions {
  readonly endpoint?: string;
  readonly status?: string;
  readonly type?: string;
  readonly event?: string;
  readonly from?: string;
  readonly to?: string;
}

interface OutboundListOptions extends FilterOptions, ListOptions {
  readonly page?: number;
}

const filterOptions = (): readonly Option[] => [
  new Option('--endpoint <endpoint>', 'those to one endpoint'),
  new Option('--status <status>', 'those in this state').choices(outboundStatuses),
  new Option('--type <type>', 'those of one type of event'),
  new Option('--event <id>', 'those of one event'),
  new Option('--from <moment>', 'made from this moment on').argParser(moment),
  new Option('--to <moment>', 'made before this moment').argParser(moment),
];

async function readFilter(api: Api, options: FilterOptions): Promise<Query> {
  const { endpoint, status, type: eventType, event, from: dateFrom, to: dateTo } = options;
  const id = endpoint === undefined ? undefined : await endpointId(api, endpoint);
  return { endpoint: id, status, eventType, event, dateFrom, dateTo };
}

const example = 'whd_01994d1c5c5e7b568f0e6a1c1d2e3f40';

const tail = defineCommand<FilterOptions & FollowOptions>({
  usage: 'tail',
  summary: 'Deliveries as they are made and as their attempts end, a line each, until Ctrl-C',
  description: `Sees changes of the last hundred that the filters take. ${untilNote}`,
  examples: [
    'outbound tail --endpoint shop',
    'outbound tail --json --type ticket.created --status delivered --count 1 --timeout 30',
  ],
  // The server lets a user read sixty times a minute: half of that is left for other commands.
  options: [...filterOptions(), ...followOptions(2_000)],
  async run(call) {
    const { api, options } = call;
    const filter = await readFilter(api, options);
    await follow(call, makeOutboundFeed(api, filter, options.last), lineOf);
  },
});

function lineOf(delivery: OutboundSummaryView): string {
  const { updatedAt, id, endpointName, eventType, attemptCount, nextAttemptAt } = delivery;
  const answer = answerText(delivery);
  return [
    updatedAt,
    id,
    cellText(endpointName),
    cellText(eventType),
    statusText(delivery),
    ...(attemptCount > 0 ? [`attempt ${attemptCount}`] : []),
    ...(answer === null ? [] : [cellText(answer)]),
    ...(nextAttemptAt === null ? [] : [`next ${nextAttemptAt}`]),
  ].join('  ');
}

/** What an owner tells an open delivery. */
function control(spec: {
  readonly verb: 'pause' | 'resume' | 'cancel';
  readonly summary: string;
  readonly warning?: string;
}): CliCommand {
  return defineCommand({
    usage: `${spec.verb} <delivery>`,
    summary: spec.summary,
    examples: [`outbound ${spec.verb} ${example}`],
    async run({ api, out, confirm }, id) {
      if (spec.warning !== undefined) await confirm(spec.warning);
      const address = path`/webhooks/deliveries/${id}` + `/${spec.verb}`;
      const answer = await api.post<OutboundAnswer>(address);
      out.document(answer, deliveryText(answer.data));
    },
  });
}

export const outbound: CommandGroup = {
  name: 'outbound',
  summary: 'What is sent to endpoints: deliveries and their attempts',
  commands: [
    defineCommand<OutboundListOptions>({
      usage: 'list',
      summary: 'The deliveries, newest first',
      examples: [
        'outbound list --endpoint shop --status failed',
        'outbound list --event evt_01994d1c5c5e7b568f0e6a1c1d2e3f40',
      ],
      options: [
        ...filterOptions(),
        new Option('--page <number>', 'by number instead of cursor; tells the total as well')
          .argParser(integer(1, 10_000))
          .conflicts(['cursor', 'all']),
        ...listOptions(),
      ],
      async run({ api, out, options }) {
        const filter = { ...(await readFilter(api, options)), page: options.page };
        out.list(
          await readList<OutboundSummaryView>(api, '/webhooks/deliveries', options, filter),
          [
            ['CREATED', ({ createdAt }) => createdAt],
            ['ID', ({ id }) => id],
            ['ENDPOINT', ({ endpointName }) => endpointName],
            ['TYPE', ({ eventType }) => eventType],
            ['STATUS', statusText],
            ['ATTEMPTS', ({ attemptCount, attemptsMax }) => `${attemptCount}/${attemptsMax}`],
            ['ANSWER', answerText],
            ['NEXT', ({ nextAttemptAt }) => nextAttemptAt],
          ],
        );
      },
    }),
    defineCommand({
      usage: 'show <delivery>',
      summary: 'One delivery with its ladder: each attempt, how it was answered, what comes next',
      examples: [`outbound show ${example}`],
      async run({ api, out }, id) {
        const answer = await readDelivery(api, id);
        out.document(answer, deliveryText(answer.data));
      },
    }),
    tail,
    defineCommand<WaitOptions>({
      usage: 'retry <delivery>',
      summary: 'Make the next attempt of an open delivery now',
      description: 'For one that has failed for good, see "outbound replay".',
      examples: [`outbound retry ${example} --wait`],
      options: [waitOption()],
      async run(call, id) {
        const address = path`/webhooks/deliveries/${id}/retry-now`;
        const { data } = await call.api.post<OutboundAnswer>(address);
        await showAttempted(call, data.id, data.failureCount);
      },
    }),
    control({ verb: 'pause', summary: 'Hold an open delivery until it is resumed' }),
    control({ verb: 'resume', summary: 'Let a paused delivery go on' }),
    control({
      verb: 'cancel',
      summary: 'End an open delivery without a further attempt',
      warning: 'The delivery will not be tried again.',
    }),
    defineCommand<WaitOptions>({
      usage: 'replay <delivery>',
      summary: 'Send the event of a failed or retrying delivery again, from its first attempt',
      description:
        'As a new delivery with the same event id and the same bytes. One that was still retrying is canceled.',
      examples: [`outbound replay ${example} --wait`],
      options: [waitOption()],
      async run(call, id) {
        const { deliveryId } = await call.api.post<z.output<typeof replayAnswerSchema>>(
          '/webhooks/replay',
          { deliveryId: id },
        );
        await showAttempted(call, deliveryId, 0);
      },
    }),
  ],
};
