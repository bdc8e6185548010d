import { Option } from 'commander';
import type { ClaimView } from '../../../shared/schemas/claim-api.ts';
import { defineCommand, type CommandGroup } from '../command.ts';
import { withoutUndefined } from '../options/values.ts';
import { formatRecord } from '../output/table.ts';

interface HolderOptions {
  readonly claim?: string;
}

interface EscalateOptions extends HolderOptions {
  readonly reason?: string;
}

const path = '/conversations';
const example = '01994d1c-5c5e-7b56-8f0e-6a1c1d2e3f40';
const claimOption = (): Option =>
  new Option('--claim <id>', 'only while this claim, of this key, is live');

export const claims: CommandGroup = {
  name: 'claims',
  summary: 'Who alone writes to a conversation; a conversation is named by its id',
  commands: [
    defineCommand({
      usage: 'claim <conversation>',
      summary: 'Claim an open conversation for 300 seconds, or renew the claim; needs a key',
      description: 'While the claim lives, nobody else sends: no program, no person.',
      examples: [`claims claim ${example}`],
      async run({ api, out }, conversationId) {
        const answer = await api.post<ClaimView>(`${path}/claim`, { conversationId });
        out.document(answer, formatRecord({ ...answer }));
      },
    }),
    defineCommand<HolderOptions>({
      usage: 'release <conversation>',
      summary: 'Give a conversation back: it is nobody’s then; needs the key that claimed it',
      examples: [`claims release ${example}`],
      options: [claimOption()],
      async run({ api, out, options: { claim: claimId } }, conversationId) {
        const body = withoutUndefined({ conversationId, claimId });
        out.document(await api.post(`${path}/release`, body), 'released');
      },
    }),
    defineCommand<EscalateOptions>({
      usage: 'escalate <conversation>',
      summary: 'Hand a conversation over to people; needs the key that claimed it',
      examples: [`claims escalate ${example} --reason 'Wants a refund above the limit'`],
      options: [claimOption(), new Option('--reason <text>', 'why people are needed')],
      async run({ api, out, options: { claim: claimId, reason } }, conversationId) {
        const body = withoutUndefined({ conversationId, claimId, reason });
        out.document(await api.post(`${path}/escalate`, body), 'escalated');
      },
    }),
    defineCommand({
      usage: 'end <conversation>',
      summary: 'End the claim of a program, so that people can write',
      examples: [`claims end ${example}`],
      async run({ api, out, confirm }, conversationId) {
        await confirm('The program that has the conversation cannot write to it any more.');
        const answer = await api.post<{ readonly ended: boolean }>(`${path}/claim/end`, {
          conversationId,
        });
        out.document(answer, answer.ended ? 'ended' : 'no claim was live');
      },
    }),
  ],
};
