import { Option } from 'commander';
import type { z } from 'zod';
import type { DeliveryView } from '../../../shared/schemas/delivery-api.ts';
import type { previewSchema } from '../../../shared/schemas/hook-tools-api.ts';
import { defineCommand, type CliCommand } from '../command.ts';
import { showSettled, waitOption, type WaitOptions } from '../delivery-outcome.ts';
import { checkFailure, usageFailure } from '../failure.ts';
import { hookPath, type HookAnswer } from '../hook-lookup.ts';
import {
  bodyOptions,
  headerOption,
  readBody,
  readHeaders,
  type BodyOptions,
} from '../options/body.ts';
import { mappingOptions, readMapping, type MappingOptions } from '../options/hook-settings.ts';
import { integer, pairs, repeatable, withoutUndefined } from '../options/values.ts';
import { cellText } from '../output/printable.ts';

interface TestOptions extends BodyOptions, WaitOptions {
  readonly header?: readonly string[];
  readonly query?: readonly string[];
}

interface PreviewOptions extends MappingOptions {
  readonly sample?: readonly string[];
  readonly delivery?: readonly string[];
  readonly last?: number;
}

type Preview = z.output<typeof previewSchema>;

/** Tools for whoever sets a hook up. */
export const hookTools: readonly CliCommand[] = [
  defineCommand<TestOptions>({
    usage: 'test <hook>',
    summary: 'Run a request through a hook as if its sender had sent it',
    description:
      'Skips authentication, rate limit and de-duplication; everything else is real. To send as the sender would, use "tidegate send".',
    examples: [`hooks test alerts --data '{"alert":{"id":"1","title":"Disk full"}}' --wait`],
    options: [
      ...bodyOptions(),
      headerOption(),
      repeatable('--query <name=value>', 'a parameter of the address'),
      waitOption(),
    ],
    async run(call, hook) {
      const { api, input, options } = call;
      const body = parseBody(await readBody(input, options));
      const headers = Object.fromEntries(readHeaders(options.header));
      const query = Object.fromEntries(pairs(options.query ?? [], '='));
      const address = await hookPath(api, hook);
      const test = { body, headers, query };
      const made = await api.post<{ readonly data: DeliveryView }>(`${address}/test`, test);
      await showSettled(call, address, made);
    },
  }),
  defineCommand({
    usage: 'capture <hook>',
    summary: 'Keep the next verified body as the sample to map from',
    description:
      'Waits five minutes for it, on the server. A newer sample takes the place of the old.',
    examples: ['hooks capture alerts'],
    async run({ api, out }, hook) {
      const answer = await api.post<HookAnswer>(`${await hookPath(api, hook)}/capture-sample`);
      const { slug, url, sampleCaptureExpiresAt } = answer.data;
      out.item(answer, { hook: slug, url, capturingUntil: sampleCaptureExpiresAt });
      out.note('The next verified request becomes the sample.');
    },
  }),
  defineCommand({
    usage: 'clear-sample <hook>',
    summary: 'Remove the captured sample, and stop waiting for one',
    examples: ['hooks clear-sample alerts --yes'],
    async run({ api, out, confirm }, hook) {
      await confirm(`The sample of ${hook} will be removed.`);
      await api.delete(`${await hookPath(api, hook)}/capture-sample`);
      out.item({ data: { hook, done: 'cleared' } });
    },
  }),
  defineCommand<PreviewOptions>({
    usage: 'preview <hook>',
    summary: "Each field's value or error, without any effect",
    description:
      'Tries the saved mapping, or the one that the options give, on the captured sample, on files, or on stored deliveries. Ends with 6 where a request would not be dispatched.',
    examples: [
      'hooks preview alerts',
      'hooks preview alerts --action createTicket --map title=alert.title --sample alert.json',
      'hooks preview alerts --last 20',
    ],
    options: [
      ...mappingOptions(),
      repeatable('--sample <file>', 'a JSON body to try it on; - is standard input'),
      repeatable('--delivery <id>', 'a stored delivery to try it on'),
      new Option('--last <count>', 'the last deliveries of the hook').argParser(integer(1, 20)),
    ],
    async run({ api, input, out, options }, hook) {
      const samples: unknown[] = [];
      for (const file of options.sample ?? []) samples.push(await input.json(file));
      const body = withoutUndefined({
        handlerConfig: await readMapping(input, options),
        samples: samples.length > 0 ? samples : undefined,
        deliveryIds: options.delivery,
        last: options.last,
      });
      const address = `${await hookPath(api, hook)}/preview`;
      const answer = await api.post<{ readonly data: readonly Preview[] }>(address, body);
      out.document(answer, answer.data.map(previewText).join('\n\n'));
      const refused = answer.data.filter(({ wouldDispatch }) => !wouldDispatch);
      if (refused.length === 0) return;
      throw checkFailure(
        `${refused.length} of ${answer.data.length} would not be dispatched.`,
        'Correct the mapping with "tidegate hooks update", and look again.',
      );
    },
  }),
];

function previewText({ of, wouldDispatch, fields, missing }: Preview): string {
  return [
    `${of}: ${wouldDispatch ? 'would be dispatched' : 'would fail'}`,
    ...fields.map(({ field, value, error }) =>
      error === undefined ? `  ${field} = ${cellText(value)}` : `  ${field}: ${error}`,
    ),
    ...missing.map((field) => `  ${field} is required, and nothing makes it`),
  ].join('\n');
}

function parseBody(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw usageFailure(`The body is not JSON: ${(error as Error).message}`);
  }
}
