import { Option } from 'commander';
import type { z } from 'zod';
import type { createdTokenSchema, tokenSchema } from '../../../shared/schemas/access.ts';
import { path } from '../api.ts';
import { defineCommand, type CommandGroup } from '../command.ts';
import { integer, needed, withoutUndefined } from '../options/values.ts';

type Token = z.output<typeof tokenSchema>;

export const tokens: CommandGroup = {
  name: 'token',
  summary: 'Personal tokens: yours, and those of the users you manage',
  commands: [
    defineCommand<{ everyone?: boolean }>({
      usage: 'list',
      summary: 'Your tokens, newest first',
      examples: ['token list', 'token list --everyone'],
      options: [new Option('--everyone', 'those of all users; needs members.manage')],
      async run({ api, out, options }) {
        const all = options.everyone ?? false;
        out.list(await api.get<{ readonly data: Token[] }>('/tokens', { all }), [
          ['ID', ({ id }) => id],
          ['NAME', ({ name }) => name],
          ['BEGINS WITH', ({ prefix }) => prefix],
          ['USER', ({ userId }) => userId],
          ['EXPIRES', ({ expiresAt }) => expiresAt],
          ['LAST USED', ({ lastUsedAt }) => lastUsedAt],
        ]);
      },
    }),
    defineCommand<{ name: string; user?: string; expiresInDays?: number }>({
      usage: 'create',
      summary: 'Make a token',
      examples: ['token create --name laptop --expires-in-days 90'],
      options: [
        needed('--name <name>', 'what it is for'),
        new Option('--user <id>', 'another user of the tenant; needs members.manage'),
        new Option('--expires-in-days <days>', 'never when left out').argParser(integer(1, 3_650)),
      ],
      async run({ api, out, options }) {
        const { name, user: userId, expiresInDays } = options;
        const body = withoutUndefined({ name, userId, expiresInDays });
        const created = await api.post<z.output<typeof createdTokenSchema>>('/tokens', body);
        out.item(created, { ...created.data, token: created.token });
        out.noteShownOnce('The token');
      },
    }),
    defineCommand({
      usage: 'revoke <id>',
      summary: 'Revoke a token; it stops at the next request',
      examples: ['token revoke 01994d1c-5c5e-4b56-8f0e-6a1c1d2e3f40 --yes'],
      async run({ api, out, confirm }, id) {
        await confirm(`The token ${id} will stop working.`);
        await api.delete(path`/tokens/${id}`);
        out.item({ data: { id, done: 'revoked' } });
      },
    }),
  ],
};
