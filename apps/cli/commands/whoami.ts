import type { z } from 'zod';
import type { meSchema } from '../../../shared/schemas/access.ts';
import { defineCommand } from '../command.ts';

export const whoami = defineCommand({
  usage: 'whoami',
  summary: 'Who you are to the server, and what you may do',
  examples: ['whoami'],
  async run({ api, access, out }) {
    const me = await api.get<{ readonly data: z.output<typeof meSchema> }>('/me');
    const { tenant, user, permissions } = me.data;
    out.item(me, {
      server: access().url,
      tenant: `${tenant.slug} (${tenant.id})`,
      user: `${user.name} <${user.email}>`,
      role: user.role,
      permissions,
    });
  },
});
