import { Option } from 'commander';
import type { z } from 'zod';
import type { HookView, hookWithSecretSchema } from '../../../shared/schemas/hook-api.ts';
import { defineCommand, type CommandGroup } from '../command.ts';
import { findHook, hookPath, type HookAnswer } from '../hook-lookup.ts';
import { hookOptions, readHookSettings, type HookOptions } from '../options/hook-settings.ts';
import { listOptions, readList, type ListOptions } from '../options/list.ts';
import { secretOptions, readSecret, type SecretOptions } from '../options/secret.ts';
import { integer, withoutUndefined } from '../options/values.ts';
import type { Output } from '../output/output.ts';
import { hookTools } from './hook-tools.ts';

type HookWithSecret = z.output<typeof hookWithSecretSchema>;

/** Shows a hook with the secrets that were made, which no later answer has. */
function showWithSecrets(out: Output, answer: HookWithSecret): void {
  const { data, secrets } = answer;
  const made = Object.entries(secrets);
  const shown = Object.fromEntries(made.map(([slot, secret]) => [`secret (${slot})`, secret]));
  out.item(answer, { ...facts(data), ...shown });
  if (made.length > 0) out.noteShownOnce(made.length > 1 ? 'Each secret' : 'The secret');
  for (const warning of data.warnings) out.note(`Warning: ${warning}`);
}

/** What a person wants to know of a hook; the rest is in the JSON. */
const facts = (hook: HookView): Record<string, unknown> => ({
  id: hook.id,
  name: hook.name,
  slug: hook.slug,
  description: hook.description,
  url: hook.url,
  active: hook.isActive,
  auth: hook.authType,
  authConfig: hook.authConfig,
  secretSlots: hook.secretSlots,
  key: hook.idempotencySource,
  keyWindowSeconds: hook.idempotencyWindowSeconds,
  handler: hook.handlerType,
  handlerConfig: hook.handlerConfig,
  response: hook.responseMode,
  language: hook.languageLevel,
  rateLimitPerMinute: hook.rateLimitPerMinute,
  bodyLimitBytes: hook.bodyLimitBytes,
  sample: hook.samplePayload,
  capturingUntil: hook.sampleCaptureExpiresAt,
  autoDisabledAt: hook.autoDisabledAt,
  warnings: hook.warnings,
  createdAt: hook.createdAt,
  updatedAt: hook.updatedAt,
});

export const hooks: CommandGroup = {
  name: 'hooks',
  summary: 'Addresses that senders post to; each is named by its slug or its id',
  commands: [
    defineCommand<ListOptions>({
      usage: 'list',
      summary: 'The hooks, newest first',
      examples: ['hooks list', 'hooks list --all --json'],
      options: listOptions(),
      async run({ api, out, options }) {
        out.list(await readList<HookView>(api, '/inbound-webhooks', options), [
          ['SLUG', ({ slug }) => slug],
          ['NAME', ({ name }) => name],
          [
            'AUTH',
            ({ authType, authConfig }) => ('preset' in authConfig ? authConfig.preset : authType),
          ],
          ['HANDLER', ({ handlerConfig: it }) => ('action' in it ? it.action : it.workflowId)],
          ['ACTIVE', ({ isActive }) => isActive],
          ['ID', ({ id }) => id],
        ]);
      },
    }),
    defineCommand({
      usage: 'show <hook>',
      summary: 'One hook; for administrators with its captured sample',
      examples: ['hooks show alerts'],
      async run({ api, out }, hook) {
        const answer = await api.get<HookAnswer>(await hookPath(api, hook));
        out.item(answer, facts(answer.data));
      },
    }),
    defineCommand<HookOptions>({
      usage: 'create',
      summary: 'Make a hook',
      description:
        'Its secret is drawn unless one is given or the sender issues it. Settings come from options, from a JSON file in the form of the API, or from both: options win.',
      examples: [
        `hooks create --name Alerts --auth hmac_sha256 --action createTicket --map title=alert.title --map external_id=alert.id`,
        'hooks create --name Payments --preset stripe --secret-file whsec.txt --workflow refund-approval',
        'hooks create --file hook.json --slug alerts-2',
      ],
      options: hookOptions(),
      async run({ api, input, out, options }) {
        const settings = await readHookSettings(input, options);
        showWithSecrets(out, await api.post<HookWithSecret>('/inbound-webhooks', settings));
      },
    }),
    defineCommand<HookOptions>({
      usage: 'update <hook>',
      summary: 'Change what the options name, and nothing else',
      examples: ['hooks update alerts --rate-limit 60', 'hooks update alerts --active off'],
      options: hookOptions(),
      async run({ api, input, out, options }, hook) {
        const change = await readHookSettings(input, options);
        showWithSecrets(out, await api.patch<HookWithSecret>(await hookPath(api, hook), change));
      },
    }),
    defineCommand({
      usage: 'delete <hook>',
      summary: 'Delete a hook with its secrets; its deliveries stay',
      examples: ['hooks delete alerts --yes'],
      async run({ api, out, confirm }, hook) {
        const { data } = await findHook(api, hook);
        await confirm(`The hook ${data.slug} and its secrets will be deleted.`);
        await api.delete(await hookPath(api, data.id));
        out.item({ data: { id: data.id, done: 'deleted' } });
      },
    }),
    defineCommand<SecretOptions & { slot?: string; graceSeconds?: number }>({
      usage: 'rotate <hook>',
      summary: 'Replace the secret of a hook',
      description: 'Without a grace the old secret stops at once.',
      examples: ['hooks rotate alerts --grace-seconds 86400', 'hooks rotate alerts --yes'],
      options: [
        new Option('--slot <name>', 'which secret, for a hook with several'),
        ...secretOptions('the new one, instead of one that is drawn'),
        new Option('--grace-seconds <seconds>', 'how long the old one stays valid').argParser(
          integer(0, 2_592_000),
        ),
      ],
      async run({ api, input, out, options, confirm }, hook) {
        const { slot, graceSeconds = 0 } = options;
        const secret = await readSecret(input, options);
        if (graceSeconds === 0) await confirm(`The secret of ${hook} will stop working at once.`);
        const body = withoutUndefined({ slot, secret, graceSeconds });
        const address = `${await hookPath(api, hook)}/rotate-secret`;
        showWithSecrets(out, await api.post<HookWithSecret>(address, body));
      },
    }),
    ...hookTools,
  ],
};
