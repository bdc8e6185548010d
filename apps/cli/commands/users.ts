import { Option } from 'commander';
import type { z } from 'zod';
import { roles } from '../../../shared/domain/permissions.ts';
import type { userSchema } from '../../../shared/schemas/access.ts';
import { path } from '../api.ts';
import { defineCommand, type CommandGroup } from '../command.ts';
import { listOptions, readList, type ListOptions } from '../options/list.ts';
import { isOn, needed, onOff, withoutUndefined } from '../options/values.ts';

type User = z.output<typeof userSchema>;
type UserAnswer = { readonly data: User };

interface UserOptions {
  readonly name?: string;
  readonly role?: string;
  readonly permissions?: string;
  readonly active?: 'on' | 'off';
}

const roleOption = (): Option => new Option('--role <role>', 'what they are').choices(roles);
const permissionsOption = (): Option =>
  new Option(
    '--permissions <list>',
    'their own permissions, with commas between; "role" for those of the role',
  );

/** The permissions that the option names: a list of their own, or null for those of the role. */
function permissionsOf(text: string | undefined): readonly string[] | null | undefined {
  if (text === undefined) return undefined;
  return text === 'role'
    ? null
    : text
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean);
}

export const users: CommandGroup = {
  name: 'user',
  summary: 'Users of the tenant',
  commands: [
    defineCommand<ListOptions>({
      usage: 'list',
      summary: 'The users, newest first',
      examples: ['user list --all'],
      options: listOptions(),
      async run({ api, out, options }) {
        out.list(await readList<User>(api, '/users', options), [
          ['ID', ({ id }) => id],
          ['EMAIL', ({ email }) => email],
          ['NAME', ({ name }) => name],
          ['ROLE', ({ role }) => role],
          ['ACTIVE', ({ isActive }) => isActive],
        ]);
      },
    }),
    defineCommand<UserOptions & { readonly email: string }>({
      usage: 'create',
      summary: 'Add a user to the tenant',
      description: 'They need a token to begin: "tidegate token create --user <id>".',
      examples: ['user create --email ann@acme.example --name Ann --role admin'],
      options: [
        needed('--email <email>', 'their address'),
        new Option('--name <name>', 'their name; the address when left out'),
        needed('--role <role>', 'what they are').choices(roles),
        permissionsOption(),
      ],
      async run({ api, out, options }) {
        const { email, name = email, role } = options;
        const permissions = permissionsOf(options.permissions);
        const body = withoutUndefined({ email, name, role, permissions });
        out.item(await api.post<UserAnswer>('/users', body));
      },
    }),
    defineCommand<UserOptions>({
      usage: 'update <id>',
      summary: 'Change a user: name, role, own permissions, switched on or off',
      examples: [
        'user update 01994d1c-5c5e-4b56-8f0e-6a1c1d2e3f40 --role agent',
        'user update 01994d1c-5c5e-4b56-8f0e-6a1c1d2e3f40 --active off',
      ],
      options: [
        new Option('--name <name>', 'a new name'),
        roleOption(),
        permissionsOption(),
        onOff('--active <on|off>', 'whether they may do anything'),
      ],
      async run({ api, out, options }, id) {
        const { name, role } = options;
        const permissions = permissionsOf(options.permissions);
        const change = { name, role, permissions, isActive: isOn(options.active) };
        out.item(await api.patch<UserAnswer>(path`/users/${id}`, withoutUndefined(change)));
      },
    }),
  ],
};
