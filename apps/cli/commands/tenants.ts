import { Option } from 'commander';
import type { z } from 'zod';
import type { createdTenantSchema, tenantSchema } from '../../../shared/schemas/access.ts';
import { path } from '../api.ts';
import { defineCommand, type CommandGroup } from '../command.ts';
import { listOptions, readList, type ListOptions } from '../options/list.ts';
import { isOn, needed, onOff, withoutUndefined } from '../options/values.ts';

type Tenant = z.output<typeof tenantSchema>;
type TenantAnswer = { readonly data: Tenant };

const inbound = (): Option => onOff('--inbound <on|off>', 'whether its receiver takes requests');

interface TenantChange {
  readonly name?: string;
  readonly inbound?: 'on' | 'off';
  readonly automation?: 'on' | 'off';
  readonly endpointOwnership?: Tenant['endpointOwnership'];
}

export const tenants: CommandGroup = {
  name: 'tenant',
  summary: 'Tenants of the installation; for its operator',
  commands: [
    defineCommand<ListOptions>({
      usage: 'list',
      summary: 'The tenants, newest first',
      examples: ['tenant list --all'],
      options: listOptions(),
      async run({ operator, out, options }) {
        out.list(await readList<Tenant>(operator, '/tenants', options), [
          ['ID', ({ id }) => id],
          ['SLUG', ({ slug }) => slug],
          ['NAME', ({ name }) => name],
          ['INBOUND', ({ inboundEnabled }) => (inboundEnabled ? 'on' : 'off')],
          ['AUTOMATION', ({ automationEnabled }) => (automationEnabled ? 'on' : 'off')],
          ['CREATED', ({ createdAt }) => createdAt],
        ]);
      },
    }),
    defineCommand<{ name: string; ownerEmail: string; ownerName?: string; inbound?: 'on' | 'off' }>(
      {
        usage: 'create',
        summary: 'Make a tenant with its first owner and a token of theirs',
        examples: ['tenant create --name Acme --owner-email boss@acme.example --inbound on'],
        options: [
          needed('--name <name>', 'its name'),
          needed('--owner-email <email>', 'the address of its owner'),
          new Option('--owner-name <name>', 'their name; the address when left out'),
          inbound(),
        ],
        async run({ operator, out, options }) {
          const { name, ownerEmail, ownerName = ownerEmail } = options;
          const created = await operator.post<z.output<typeof createdTenantSchema>>('/tenants', {
            name,
            inboundEnabled: isOn(options.inbound) ?? false,
            owner: { email: ownerEmail, name: ownerName },
          });
          const { data, owner, token } = created;
          out.item(created, { ...data, owner: owner.email, token });
          out.noteShownOnce('The token');
        },
      },
    ),
    defineCommand({
      usage: 'show <id>',
      summary: 'One tenant',
      examples: ['tenant show 01994d1c-5c5e-4b56-8f0e-6a1c1d2e3f40'],
      async run({ operator, out }, id) {
        out.item(await operator.get<TenantAnswer>(path`/tenants/${id}`));
      },
    }),
    defineCommand<TenantChange>({
      usage: 'update <id>',
      summary: 'Rename a tenant, or switch its receiver, its automation or who owns its endpoints',
      description:
        'Gateways follow within a minute where the receiver is switched, and at the next request otherwise. Without automation no events are recorded and automation credentials are refused; what is there stays.',
      examples: [
        'tenant update 01994d1c-5c5e-4b56-8f0e-6a1c1d2e3f40 --inbound off',
        'tenant update 01994d1c-5c5e-4b56-8f0e-6a1c1d2e3f40 --automation off',
      ],
      options: [
        new Option('--name <name>', 'a new name'),
        inbound(),
        onOff('--automation <on|off>', 'whether events are recorded and credentials are taken'),
        new Option(
          '--endpoint-ownership <whose>',
          'whether endpoints are of the tenant or of each user; with user, those that are there become their makers’',
        ).choices(['tenant', 'user']),
      ],
      async run({ operator, out, options }, id) {
        const change = {
          name: options.name,
          inboundEnabled: isOn(options.inbound),
          automationEnabled: isOn(options.automation),
          endpointOwnership: options.endpointOwnership,
        };
        out.item(
          await operator.patch<TenantAnswer>(path`/tenants/${id}`, withoutUndefined(change)),
        );
      },
    }),
  ],
};
