import { Option } from 'commander';
import { assistantStates } from '../../../shared/domain/assistant.ts';
import type { AssistantRunView, AssistantView } from '../../../shared/schemas/assistant-api.ts';
import { defineCommand, type CommandGroup } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { listOptions, readList, type ListOptions } from '../options/list.ts';
import { isOn, onOff, withoutUndefined } from '../options/values.ts';
import type { Output } from '../output/output.ts';
import { formatRecord } from '../output/table.ts';

interface ChangeOptions {
  readonly enabled?: 'on' | 'off';
  readonly minimumConfidence?: string;
  readonly greeting?: string;
  readonly handOffText?: string;
}

interface RunsOptions extends ListOptions {
  readonly conversation?: string;
  readonly status?: string;
}

const path = '/assistant';
const example = '01994d1c-5c5e-7b56-8f0e-6a1c1d2e3f40';

export const assistant: CommandGroup = {
  name: 'assistant',
  summary: 'The built-in assistant, which answers visitors from articles',
  commands: [
    defineCommand({
      usage: 'show',
      summary: 'Whether it is on, and what it says',
      examples: ['assistant show'],
      async run({ api, out }) {
        show(out, await api.get<AssistantView>(path));
      },
    }),
    defineCommand<ChangeOptions>({
      usage: 'update',
      summary: 'Switch it, or change what it says; what is not named stays',
      examples: [
        'assistant update --enabled on',
        "assistant update --minimum-confidence 0.8 --greeting 'Perhaps this helps:'",
      ],
      options: [
        onOff('--enabled <on|off>', 'whether it looks at what visitors write'),
        new Option('--minimum-confidence <number>', 'what an answer needs, from 0 to 1'),
        new Option('--greeting <text>', 'what stands before its first answer; may be empty'),
        new Option('--hand-off-text <text>', 'what the visitor reads then; may be empty'),
      ],
      async run({ api, out, options }) {
        const { enabled, minimumConfidence, greeting, handOffText } = options;
        const change = withoutUndefined({
          enabled: isOn(enabled),
          minimumConfidence:
            minimumConfidence === undefined ? undefined : Number(minimumConfidence),
          greeting,
          handOffText,
        });
        if (Object.keys(change).length === 0) throw usageFailure('Name something to change.');
        show(out, await api.put<AssistantView>(path, change));
      },
    }),
    defineCommand<RunsOptions>({
      usage: 'runs',
      summary: 'What it did about what visitors wrote, and why it kept silent',
      examples: [
        `assistant runs --conversation ${example}`,
        'assistant runs --status suppressed --all --json',
      ],
      options: [
        new Option('--conversation <id>', 'those of one conversation'),
        new Option('--status <status>', 'those that ended like this').choices(assistantStates),
        ...listOptions(),
      ],
      async run({ api, out, options }) {
        const { conversation: conversationId, status } = options;
        const filter = { conversationId, status };
        out.list(await readList<AssistantRunView>(api, `${path}/runs`, options, filter), [
          ['CHANGED', ({ updatedAt }) => updatedAt],
          ['MESSAGE', ({ id }) => id],
          ['CONVERSATION', (run) => run.conversationId],
          ['STATUS', (run) => run.status],
          ['STAGE', ({ stage }) => stage],
          ['CONFIDENCE', ({ confidence }) => confidence],
          ['CLAIM', ({ claimId }) => claimId],
          ['REASON', ({ reasonText }) => reasonText],
        ]);
      },
    }),
  ],
};

const show = (out: Output, settings: AssistantView): void =>
  out.document(settings, formatRecord({ ...settings, enabled: settings.enabled ? 'on' : 'off' }));
