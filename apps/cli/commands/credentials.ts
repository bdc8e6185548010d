import { Option } from 'commander';
import type { z } from 'zod';
import { scopes as allScopes } from '../../../shared/domain/scopes.ts';
import type {
  CredentialView,
  shownCredentialSchema,
} from '../../../shared/schemas/credential-api.ts';
import { path } from '../api.ts';
import { defineCommand, type CliCommand, type CommandGroup } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { listOptions, readList, type ListOptions } from '../options/list.ts';
import { moment, needed, withoutUndefined } from '../options/values.ts';

type CredentialAnswer = { readonly data: CredentialView };
type Shown = z.output<typeof shownCredentialSchema>;

interface NewCredentialOptions {
  readonly name: string;
  readonly actor?: string;
  readonly scope?: readonly string[];
  readonly readOnly?: boolean;
  readonly fullAccess?: boolean;
  readonly expires?: string;
}

const example = 'cred_01994d1c5c5e7b568f0e6a1c1d2e3f40';

/** Commands that change the state of one credential, and show it. */
const transition = (verb: 'disable' | 'enable', summary: string): CliCommand =>
  defineCommand({
    usage: `${verb} <id>`,
    summary,
    examples: [`credentials ${verb} ${example}${verb === 'disable' ? ' --yes' : ''}`],
    async run({ api, out, confirm }, id) {
      if (verb === 'disable') await confirm(`The credential ${id} will stop working.`);
      const answer = await api.post<CredentialAnswer>(`${path`/credentials/${id}`}/${verb}`);
      out.item(answer, facts(answer.data));
    },
  });

export const credentials: CommandGroup = {
  name: 'credentials',
  summary: 'Keys of automation clients, osk_…; each is named by its id',
  commands: [
    defineCommand<ListOptions>({
      usage: 'list',
      summary: 'The credentials, newest first',
      examples: ['credentials list --all'],
      options: listOptions(),
      async run({ api, out, options }) {
        out.list(await readList<CredentialView>(api, '/credentials', options), [
          ['ID', ({ id }) => id],
          ['NAME', ({ name }) => name],
          ['STATUS', ({ status }) => status],
          ['BEGINS WITH', ({ secretPrefix }) => secretPrefix],
          ['SCOPES', ({ scopes }) => scopes.length],
          ['EXPIRES', ({ expiresAt }) => expiresAt],
          ['LAST USED', ({ lastUsedAt }) => lastUsedAt],
        ]);
      },
    }),
    defineCommand<NewCredentialOptions>({
      usage: 'create',
      summary: 'Make a credential',
      description:
        'Name, scopes and expiry cannot be changed later. --read-only and --full-access stand for the scopes that they name; more can be added with --scope.',
      examples: [
        'credentials create --name exporter --read-only --expires 2027-01-31T08:00:00Z',
        'credentials create --name support --actor Ada --scope conversations.read,claims.manage',
        'credentials create --name migration --full-access',
      ],
      options: [
        needed('--name <name>', 'what it is for'),
        new Option(
          '--actor <name>',
          'who speaks in messages and the audit log; its name when left out',
        ),
        scopeOption(),
        new Option('--read-only', 'every scope that reads'),
        new Option('--full-access', 'every scope'),
        new Option('--expires <moment>', 'when it stops working; never when left out').argParser(
          moment,
        ),
      ],
      async run({ api, out, options }) {
        const { name, actor: actorName = name, expires: expiresAt } = options;
        const body = withoutUndefined({
          name,
          actorName,
          scopes: wantedScopes(options),
          expiresAt,
        });
        const made = await api.post<Shown>('/credentials', body);
        out.item(made, { ...facts(made.data), secret: made.secret });
        out.noteShownOnce('The secret');
      },
    }),
    defineCommand({
      usage: 'show <id>',
      summary: 'One credential',
      examples: [`credentials show ${example}`],
      async run({ api, out }, id) {
        const answer = await api.get<CredentialAnswer>(path`/credentials/${id}`);
        out.item(answer, facts(answer.data));
      },
    }),
    defineCommand({
      usage: 'rotate <id>',
      summary: 'Replace the secret; the old one stops at the next request',
      examples: [`credentials rotate ${example} --yes`],
      async run({ api, out, confirm }, id) {
        await confirm(`The secret of ${id} will stop working.`);
        const rotated = await api.post<Shown>(`${path`/credentials/${id}`}/rotate`);
        out.item(rotated, { ...facts(rotated.data), secret: rotated.secret });
        out.noteShownOnce('The secret');
      },
    }),
    transition('disable', 'Refuse a credential from the next request on'),
    transition('enable', 'Let a disabled credential work again, with the secret that it has'),
    defineCommand({
      usage: 'remove <id>',
      summary: 'Remove a credential; its claims end, and what it wrote stays',
      examples: [`credentials remove ${example} --yes`],
      async run({ api, out, confirm }, id) {
        await confirm(`The credential ${id} will be removed.`);
        await api.delete(path`/credentials/${id}`);
        out.item({ data: { id, done: 'removed' } });
      },
    }),
  ],
};

function scopeOption(): Option {
  return new Option(
    '--scope <scopes>',
    `by name, with commas between; may be repeated: ${allScopes.join(', ')}`,
  ).argParser((text: string, before: readonly string[] | undefined) => [
    ...(before ?? []),
    ...text.split(',').map((scope) => scope.trim()),
  ]);
}

/** The scopes that the options name, in the order of the list. Throws a usage failure for none. */
function wantedScopes({ scope = [], readOnly, fullAccess }: NewCredentialOptions): string[] {
  const unknown = scope.filter((name) => !(allScopes as readonly string[]).includes(name));
  if (unknown.length > 0) {
    throw usageFailure(`There are no scopes ${unknown.join(', ')}.`, scopesAre);
  }
  const wanted = allScopes.filter(
    (name) =>
      fullAccess === true || (readOnly === true && name.endsWith('.read')) || scope.includes(name),
  );
  if (wanted.length > 0) return wanted;
  throw usageFailure(
    'A credential has at least one scope.',
    'Name some with --scope, or give --read-only or --full-access.',
  );
}

const scopesAre = `They are ${allScopes.join(', ')}.`;

/** What a person wants to know of a credential. */
const facts = (credential: CredentialView): Record<string, unknown> => ({
  id: credential.id,
  name: credential.name,
  actor: credential.actorName,
  status: credential.status,
  beginsWith: credential.secretPrefix,
  scopes: credential.scopes,
  expires: credential.expiresAt,
  lastUsed: credential.lastUsedAt,
  createdBy: credential.createdBy,
  createdAt: credential.createdAt,
});
