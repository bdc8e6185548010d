import { Option } from 'commander';
import type { z } from 'zod';
import type {
  actionSchema,
  presetSchema,
  workflowSchema,
} from '../../../shared/schemas/catalogue-api.ts';
import { path } from '../api.ts';
import { defineCommand, type CommandGroup } from '../command.ts';
import { CliFailure } from '../failure.ts';

type Action = z.output<typeof actionSchema>;
type Preset = z.output<typeof presetSchema>;
type Workflow = z.output<typeof workflowSchema>;

export const actions = defineCommand({
  usage: 'actions [name]',
  summary: 'The actions a hook can run, or the fields of one',
  examples: ['actions', 'actions createTicket'],
  async run({ api, out }, name?: string) {
    const found = await api.get<{ readonly data: Action[] }>('/inbound-webhooks/actions');
    if (name === undefined) {
      out.list(found, [
        ['NAME', (action) => action.name],
        ['MAKES', ({ entityType }) => entityType],
        ['REQUIRED FIELDS', ({ targetFields }) => requiredOf(targetFields)],
        ['DESCRIPTION', ({ description }) => description],
      ]);
      return;
    }
    const action = found.data.find((each) => each.name === name);
    if (action === undefined) throw notFound(`There is no action ${name}.`, 'tidegate actions');
    if (out.isJson) return out.item({ data: action });
    out.list({ data: action.targetFields }, [
      ['FIELD', (field) => field.name],
      ['TYPE', ({ type, refEntityType }) => refEntityType ?? type],
      ['REQUIRED', ({ required }) => required],
      ['ONE OF', ({ enumValues }) => enumValues],
      ['DESCRIPTION', ({ description }) => description],
    ]);
  },
});

const requiredOf = (fields: Action['targetFields']): string[] =>
  fields.filter(({ required }) => required).map(({ name }) => name);

export const verifiers = defineCommand({
  usage: 'verifiers [id]',
  summary: 'The senders that Tidegate knows, or how to set one up',
  examples: ['verifiers', 'verifiers stripe'],
  async run({ api, out }, id?: string) {
    const found = await api.get<{ readonly data: Preset[] }>('/inbound-webhooks/verifiers');
    if (id === undefined) {
      out.list(found, [
        ['ID', (preset) => preset.id],
        ['NAME', ({ name }) => name],
        ['SECRET', ({ secretLabel }) => secretLabel],
      ]);
      return;
    }
    const preset = found.data.find((each) => each.id === id);
    if (preset === undefined) throw notFound(`There is no verifier ${id}.`, 'tidegate verifiers');
    out.document({ data: preset }, presetGuide(preset));
  },
});

/** The guide of a preset, as text of several lines. */
function presetGuide(preset: Preset): string {
  const { name, secretLabel, setup, notes, retryNote, docsUrl, verifier } = preset;
  return [
    `${name} (--preset ${preset.id})`,
    ...setup.map((step, index) => `${index + 1}. ${step}`),
    `Secret: ${secretLabel}`,
    `Repeats: ${retryNote}`,
    ...notes.map((note) => `Note: ${note}`),
    ...(docsUrl === undefined ? [] : [`See ${docsUrl}`]),
    `Verifier: ${JSON.stringify(verifier)}`,
  ].join('\n');
}

function notFound(message: string, list: string): CliFailure {
  const next = `"${list}" lists what there is.`;
  return new CliFailure({ exit: 'notFound', code: 'not_found', message, next });
}

export const workflows: CommandGroup = {
  name: 'workflows',
  summary: 'Workflows that hooks can start',
  commands: [
    defineCommand<{ all?: boolean }>({
      usage: 'list',
      summary: 'The published workflows of the tenant',
      examples: ['workflows list --all'],
      options: [new Option('--all', 'those it could publish as well')],
      async run({ api, out, options }) {
        const all = options.all ?? false;
        out.list(await api.get<{ data: Workflow[] }>('/inbound-webhooks/workflows', { all }), [
          ['ID', ({ id }) => id],
          ['VERSION', ({ version }) => version],
          ['PUBLISHED', ({ publishedAt }) => publishedAt],
          ['TITLE', ({ title }) => title],
        ]);
      },
    }),
    defineCommand({
      usage: 'publish <id>',
      summary: "Let the tenant's hooks select a workflow",
      examples: ['workflows publish refund-approval'],
      async run({ api, out }, id) {
        out.item(
          await api.post<{ data: Workflow }>(path`/inbound-webhooks/workflows/${id}/publish`),
        );
      },
    }),
    defineCommand({
      usage: 'unpublish <id>',
      summary: 'Take a workflow back',
      description: 'Deliveries of hooks that select it fail from then on.',
      examples: ['workflows unpublish refund-approval --yes'],
      async run({ api, out, confirm }, id) {
        await confirm(`Deliveries of hooks that select the workflow ${id} will fail.`);
        await api.delete(path`/inbound-webhooks/workflows/${id}/publish`);
        out.item({ data: { id, done: 'unpublished' } });
      },
    }),
  ],
};
