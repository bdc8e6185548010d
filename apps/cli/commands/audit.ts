import { Option } from 'commander';
import type { z } from 'zod';
import type { auditEntrySchema } from '../../../shared/schemas/access.ts';
import { defineCommand } from '../command.ts';
import { listOptions, readList, type ListOptions } from '../options/list.ts';
import { moment } from '../options/values.ts';

interface AuditOptions extends ListOptions {
  readonly action?: string;
  readonly actor?: string;
  readonly resourceType?: string;
  readonly resource?: string;
  readonly since?: string;
  readonly until?: string;
}

export const audit = defineCommand<AuditOptions>({
  usage: 'audit',
  summary: 'Who did what, newest first',
  examples: ['audit --since 2026-01-31T00:00:00Z', 'audit --action inbound_webhook.deleted'],
  options: [
    new Option('--action <name>', 'one kind of act, such as member.created'),
    new Option('--actor <id>', 'what one user did'),
    new Option('--resource-type <type>', 'what was done to one kind of thing'),
    new Option('--resource <uuid>', 'what was done to one thing'),
    new Option('--since <moment>', 'from this moment on').argParser(moment),
    new Option('--until <moment>', 'until this moment').argParser(moment),
    ...listOptions(),
  ],
  async run({ api, out, options }) {
    const { action, actor: actorId, resourceType, resource: resourceId, since, until } = options;
    const filter = { action, actorId, resourceType, resourceId, since, until };
    const page = await readList<z.output<typeof auditEntrySchema>>(api, '/audit', options, filter);
    out.list(page, [
      ['WHEN', ({ occurredAt }) => occurredAt],
      ['ACTION', (entry) => entry.action],
      ['BY', ({ actorType, actorId }) => actorId ?? actorType],
      ['RESOURCE', (entry) => entry.resourceId ?? entry.resourceType],
      ['DETAILS', ({ details }) => details],
    ]);
  },
});
