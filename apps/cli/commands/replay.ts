import { Option } from 'commander';
import type { z } from 'zod';
import { replayStatuses, type ReplayCommand } from '../../../shared/domain/replay.ts';
import type { replayCountSchema, ReplayJobView } from '../../../shared/schemas/replay-api.ts';
import { path, type Api } from '../api.ts';
import { defineCommand, type CliCommand, type CommandGroup } from '../command.ts';
import { endpointId } from '../endpoint-lookup.ts';
import { listOptions, readList, type ListOptions } from '../options/list.ts';
import { integer, moment, needed, repeatable, withoutUndefined } from '../options/values.ts';

type JobAnswer = { readonly data: ReplayJobView };

interface StartOptions {
  readonly status?: string;
  readonly from: string;
  readonly to?: string;
  readonly endpoint?: readonly string[];
  readonly type?: readonly string[];
  readonly delivery?: readonly string[];
  readonly perSecond?: number;
  readonly dryRun?: boolean;
}

async function readFilter(api: Api, options: StartOptions): Promise<Record<string, unknown>> {
  const { status, from, to, type: eventTypes, delivery: deliveryIds } = options;
  const endpointIds: string[] = [];
  for (const endpoint of options.endpoint ?? []) endpointIds.push(await endpointId(api, endpoint));
  return withoutUndefined({
    status,
    from,
    to,
    eventTypes,
    deliveryIds,
    endpointIds: options.endpoint && endpointIds,
  });
}

/** What a person wants to know of a replay; the rest is in the JSON. */
const facts = ({ filter, progress, ...job }: ReplayJobView): Record<string, unknown> => ({
  id: job.id,
  state: job.state,
  replays: filter.status,
  madeFrom: filter.from,
  madeBefore: filter.to,
  endpoints: filter.endpointIds,
  types: filter.eventTypes,
  deliveries: filter.deliveryIds,
  perSecond: job.perSecond,
  total: progress.total,
  scheduled: progress.done,
  skipped: progress.skipped,
  open: progress.open,
  delivered: progress.delivered,
  failed: progress.failed,
  canceled: progress.canceled,
  createdAt: job.createdAt,
  finishedAt: job.finishedAt,
});

const example = 'rpl_01994d1c5c5e7b568f0e6a1c1d2e3f40';

function control(spec: {
  readonly verb: ReplayCommand;
  readonly summary: string;
  readonly warning?: string;
}): CliCommand {
  return defineCommand({
    usage: `${spec.verb} <replay>`,
    summary: spec.summary,
    examples: [`replay ${spec.verb} ${example}`],
    async run({ api, out, confirm }, id) {
      if (spec.warning !== undefined) await confirm(spec.warning);
      const address = path`/webhooks/replay-jobs/${id}` + `/${spec.verb}`;
      const answer = await api.post<JobAnswer>(address);
      out.item(answer, facts(answer.data));
    },
  });
}

export const replay: CommandGroup = {
  name: 'replay',
  summary: 'Many deliveries sent again, by a job that goes on by itself',
  commands: [
    defineCommand<StartOptions>({
      usage: 'start',
      summary: 'Send deliveries again, or events that an endpoint has missed',
      description:
        'Takes the last delivery of each event to each endpoint, with the same bytes. With --dry-run it only says how many that are.',
      examples: [
        'replay start --from 2026-01-31T08:00:00Z --endpoint shop --dry-run',
        'replay start --from 2026-01-31T08:00:00Z --to 2026-01-31T12:00:00Z --endpoint shop --per-second 5',
        'replay start --status missing --from 2026-01-31T00:00:00Z --endpoint shop --type ticket.created',
      ],
      options: [
        needed('--from <moment>', 'made, or happened, from this moment on').argParser(moment),
        new Option('--to <moment>', 'before this moment; now when left out').argParser(moment),
        new Option(
          '--status <status>',
          'deliveries that ended so, failed when left out; missing: events that match an endpoint today and never went to it',
        ).choices(replayStatuses),
        repeatable('--endpoint <endpoint>', 'only those to this endpoint'),
        repeatable('--type <type>', 'only those of this type of event'),
        repeatable('--delivery <id>', 'only this delivery'),
        new Option('--per-second <deliveries>', 'most that begin in a second').argParser(
          integer(1, 1_000),
        ),
        new Option('--dry-run', 'only count them; nothing is sent'),
      ],
      async run({ api, out, options }) {
        const filter = await readFilter(api, options);
        if (options.dryRun === true) {
          const count = await api.post<z.output<typeof replayCountSchema>>(
            '/webhooks/replay-jobs/count',
            { filter },
          );
          out.document(count, `${count.matched} would be sent again. Nothing was sent.`);
          return;
        }
        const { perSecond } = options;
        const body = withoutUndefined({ filter, perSecond });
        const answer = await api.post<JobAnswer>('/webhooks/replay-jobs', body);
        out.item(answer, facts(answer.data));
      },
    }),
    defineCommand<ListOptions>({
      usage: 'list',
      summary: 'The replays, newest first',
      examples: ['replay list'],
      options: listOptions(),
      async run({ api, out, options }) {
        out.list(await readList<ReplayJobView>(api, '/webhooks/replay-jobs', options), [
          ['CREATED', ({ createdAt }) => createdAt],
          ['ID', ({ id }) => id],
          ['STATE', ({ state }) => state],
          ['OF', ({ filter }) => filter.status],
          ['SCHEDULED', ({ progress }) => `${progress.done}/${progress.total}`],
          ['DELIVERED', ({ progress }) => progress.delivered],
          ['FAILED', ({ progress }) => progress.failed],
        ]);
      },
    }),
    defineCommand({
      usage: 'show <replay>',
      summary: 'How far a replay is, and what became of its deliveries',
      examples: [`replay show ${example}`],
      async run({ api, out }, id) {
        const answer = await api.get<JobAnswer>(path`/webhooks/replay-jobs/${id}`);
        out.item(answer, facts(answer.data));
      },
    }),
    control({ verb: 'pause', summary: 'Schedule nothing more until it is resumed' }),
    control({ verb: 'resume', summary: 'Go on where it was paused' }),
    control({
      verb: 'cancel',
      summary: 'Schedule nothing more; what was scheduled is still sent',
      warning: 'The replay cannot be taken up again.',
    }),
  ],
};
