/** Words and texts of the built-in assistant that database, runs, API and command line share. */

export const assistantStates = [
  'pending',
  'answered',
  'handed_off',
  'suppressed',
  'skipped',
] as const;
export type AssistantState = (typeof assistantStates)[number];

/**
 * Where it looks whether a claim is live (S-113): before it starts, before it hands off, before it
 * writes, and in the transaction of what it does.
 */
export const assistantStages = ['start', 'handoff', 'message', 'persistence'] as const;
export type AssistantStage = (typeof assistantStages)[number];

/** Why a question was handed to people. The reason of the conversation's hand-off says it like this. */
export const handOffReasons = {
  no_words: 'The assistant found no word to search for.',
  nothing_found: 'The assistant found no article about it.',
  unsure: 'The assistant found no article that fits well enough.',
  article_changed: 'The articles changed while the assistant was at work.',
} as const;
export type HandOffReason = keyof typeof handOffReasons;

/** Why the assistant left a question alone. */
export const skipReasons = {
  handed_off: 'The conversation is in the hands of people.',
  assigned: 'The conversation is assigned to an agent.',
  with_agent: 'An agent speaks with the visitor.',
  answered: 'The question was answered meanwhile.',
  not_open: 'The conversation is not open.',
  switched_off: 'The assistant was switched off.',
} as const;
export type SkipReason = keyof typeof skipReasons;

export const suppressedReason = 'A program holds the claim of the conversation.';

export const assistantReasons = ['claimed', ...keysOf(handOffReasons), ...keysOf(skipReasons)];
export type AssistantReason = 'claimed' | HandOffReason | SkipReason;

/** A reason as a sentence. */
export const reasonText = (reason: AssistantReason): string =>
  reason === 'claimed' ? suppressedReason : { ...handOffReasons, ...skipReasons }[reason];

function keysOf<Key extends string>(texts: Readonly<Record<Key, string>>): readonly Key[] {
  return Object.keys(texts) as Key[];
}

/** What a tenant decides about its assistant. */
export interface AssistantSettings {
  readonly isEnabled: boolean;
  /** From 0 to 1; an answer needs at least so much. */
  readonly minimumConfidence: number;
  /** Before the first answer in a conversation; empty: nothing. */
  readonly greeting: string;
  /** What the visitor reads when people take over; empty: nothing. */
  readonly handOffText: string;
}

export const assistantDefaults: AssistantSettings = {
  isEnabled: false,
  minimumConfidence: 0.6,
  greeting: 'This is the automatic assistant. Perhaps this helps:',
  handOffText: 'I am not sure about this. Somebody from the team will answer you here.',
};

/** Longest greeting and hand-off text, in characters. */
export const assistantTextMax = 1_000;

/** Who speaks, where a message names its sender. */
export const assistantSenderId = 'assistant';

/** What a run of the assistant ends with. Stands in histories: change with a version. */
export interface AssistantResult {
  /** What the visitor was told; empty for nothing. */
  readonly response: string;
  readonly confidence: number;
  /** Whether somebody else has the conversation: people, or a program with a claim. */
  readonly handoff: boolean;
  readonly reason: string | null;
  /** The message that was written, or null. */
  readonly messageId: string | null;
}

/** What is known when the assistant is about to do something. */
export interface Situation {
  readonly settings: Pick<AssistantSettings, 'isEnabled'>;
  readonly conversation: {
    readonly status: string;
    readonly aiWorkflowState: string;
    readonly assignedAgentId: string | null;
  };
  readonly isClaimed: boolean;
  /** Who else last wrote to the visitor, and whether that was after the question. */
  readonly lastSpeaker: { readonly isPerson: boolean; readonly isLater: boolean } | undefined;
}

/** Why the assistant must leave a question alone; undefined when it may go on (S-113). */
export function reasonToStop(situation: Situation): 'claimed' | SkipReason | undefined {
  if (situation.isClaimed) return 'claimed';
  const { settings, conversation, lastSpeaker } = situation;
  if (!settings.isEnabled) return 'switched_off';
  const withPeople = peopleHaveIt(conversation);
  if (withPeople !== undefined) return withPeople;
  if (conversation.status !== 'open') return 'not_open';
  if (lastSpeaker?.isPerson === true) return 'with_agent';
  return lastSpeaker?.isLater === true ? 'answered' : undefined;
}

/** Why a question is nothing for the assistant from the first; undefined when it is. */
export function peopleHaveIt({
  aiWorkflowState,
  assignedAgentId,
}: Omit<Situation['conversation'], 'status'>): 'handed_off' | 'assigned' | undefined {
  if (aiWorkflowState === 'handoff') return 'handed_off';
  return assignedAgentId === null ? undefined : 'assigned';
}

/** The beginning of a text. A character of two halves is not cut between them. */
const headOf = (text: string, charactersMax: number): string =>
  text.slice(0, charactersMax).replace(/[\uD800-\uDBFF]$/, '');

/** Longest piece of a question that is searched for, in characters. */
const questionCharactersMax = 2_000;
/** Words of courtesy ask for nothing, and no article has them. */
const courtesy = /\b(?:hi|hello|hey|dear|please|thanks|thank you|thank|regards|cheers)\b/giu;

/** What of a visitor's message is searched for. */
export const questionOf = (content: string): string =>
  headOf(content, questionCharactersMax).replaceAll(courtesy, ' ');

/** Longest piece of an article in an answer, in characters. */
const articleCharactersMax = 1_500;

/** The text of an answer: the best article, and the titles of others that fit as well. */
export function answerText(
  greeting: string,
  [best, ...others]: readonly { readonly title: string; readonly content: string }[],
): string {
  if (best === undefined) throw new Error('an answer needs an article');
  const titles = others.map(({ title }) => title).join('; ');
  const parts = [
    greeting,
    `${best.title}\n${shortened(best.content)}`,
    titles && `See also: ${titles}`,
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** A text cut at the end of a paragraph, a sentence or at least a word. */
function shortened(text: string): string {
  const trimmed = text.trim();
  if (trimmed.length <= articleCharactersMax) return trimmed;
  const head = headOf(trimmed, articleCharactersMax);
  for (const end of ['\n\n', '. ', ' ']) {
    const at = head.lastIndexOf(end);
    if (at > head.length / 2) return `${head.slice(0, at + 1).trim()} …`;
  }
  return `${head} …`;
}
