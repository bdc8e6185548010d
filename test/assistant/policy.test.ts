import { describe, expect, test } from 'vitest';
import {
  answerText,
  peopleHaveIt,
  questionOf,
  reasonToStop,
  type Situation,
} from '../../shared/domain/assistant.ts';
import { confidenceOf, decide } from '../../workflows/assistant-reply/policy.ts';

const candidate = (articleId: string, words: number, titleWords: number, rank = 0.1) => ({
  articleId,
  words,
  titleWords,
  rank,
});
const evidence = (
  wordsAsked: number,
  candidates: readonly ReturnType<typeof candidate>[],
  minimumConfidence = 0.6,
) => ({ wordsAsked, candidates, minimumConfidence });

describe('the confidence', () => {
  test.for([
    { of: 'no word asked', words: 0, titleWords: 0, asked: 0, confidence: 0 },
    { of: 'every word in the title', words: 2, titleWords: 2, asked: 2, confidence: 1 },
    { of: 'every word in the content', words: 4, titleWords: 0, asked: 4, confidence: 0.5 },
    { of: 'one word of three in the title', words: 1, titleWords: 1, asked: 3, confidence: 0.33 },
    { of: 'some here, some there', words: 3, titleWords: 1, asked: 3, confidence: 0.67 },
  ])('S-113 of $of is $confidence', ({ words, titleWords, asked, confidence }) => {
    expect(confidenceOf({ words, titleWords }, asked)).toBe(confidence);
  });
});

describe('the decision', () => {
  test.for([
    {
      on: 'a question without a word',
      given: evidence(0, []),
      decision: { kind: 'hand_off', reason: 'no_words', confidence: null },
    },
    {
      on: 'nothing found',
      given: evidence(3, []),
      decision: { kind: 'hand_off', reason: 'nothing_found', confidence: null },
    },
    {
      on: 'an article that fits badly',
      given: evidence(4, [candidate('a', 2, 1)]),
      decision: { kind: 'hand_off', reason: 'unsure', confidence: 0.38 },
    },
    {
      on: 'an article at the threshold',
      given: evidence(4, [candidate('a', 2, 2)], 0.5),
      decision: { kind: 'answer', articleIds: ['a'], confidence: 0.5 },
    },
    {
      on: 'an article just below it',
      given: evidence(4, [candidate('a', 2, 2)], 0.51),
      decision: { kind: 'hand_off', reason: 'unsure', confidence: 0.5 },
    },
    {
      on: 'a better one that the search ranks lower',
      given: evidence(2, [candidate('a', 2, 1, 0.9), candidate('b', 2, 2, 0.1)]),
      decision: { kind: 'answer', articleIds: ['b', 'a'], confidence: 1 },
    },
    {
      on: 'two that fit alike',
      given: evidence(2, [candidate('a', 2, 2, 0.1), candidate('b', 2, 2, 0.2)]),
      decision: { kind: 'answer', articleIds: ['b', 'a'], confidence: 1 },
    },
    {
      on: 'a good one beside a bad one',
      given: evidence(2, [candidate('a', 2, 2), candidate('b', 1, 0)]),
      decision: { kind: 'answer', articleIds: ['a'], confidence: 1 },
    },
    {
      on: 'many good ones',
      given: evidence(
        1,
        [1, 2, 3, 4, 5].map((n) => candidate(`a${n}`, 1, 1, 1 / n)),
      ),
      decision: { kind: 'answer', articleIds: ['a1', 'a2', 'a3'], confidence: 1 },
    },
    {
      on: 'nothing found at a threshold of nothing',
      given: evidence(2, [], 0),
      decision: { kind: 'hand_off', reason: 'nothing_found', confidence: null },
    },
  ])('S-113 on $on is $decision.kind', ({ given, decision }) => {
    expect(decide(given, 1)).toEqual(decision);
  });

  test('S-113 gives up when articles are taken back again and again', () => {
    const given = evidence(1, [candidate('a', 1, 1)]);
    expect(decide(given, 3)).toMatchObject({ kind: 'answer' });
    expect(decide(given, 4)).toEqual({
      kind: 'hand_off',
      reason: 'article_changed',
      confidence: 1,
    });
  });
});

describe('what stops the assistant', () => {
  const free: Situation = {
    settings: { isEnabled: true },
    conversation: { status: 'open', aiWorkflowState: 'none', assignedAgentId: null },
    isClaimed: false,
    lastSpeaker: undefined,
  };
  const inState = (change: Partial<Situation['conversation']>): Situation => ({
    ...free,
    conversation: { ...free.conversation, ...change },
  });
  test.for([
    { by: 'nothing', given: free, reason: undefined },
    { by: 'its own answers', given: inState({ aiWorkflowState: 'ai_handled' }), reason: undefined },
    { by: 'a claim', given: { ...free, isClaimed: true }, reason: 'claimed' },
    {
      by: 'a claim first of all',
      given: { ...inState({ aiWorkflowState: 'handoff' }), isClaimed: true },
      reason: 'claimed',
    },
    {
      by: 'the switch',
      given: { ...free, settings: { isEnabled: false } },
      reason: 'switched_off',
    },
    {
      by: 'a hand-off before',
      given: inState({ aiWorkflowState: 'handoff' }),
      reason: 'handed_off',
    },
    { by: 'an assignee', given: inState({ assignedAgentId: 'a' }), reason: 'assigned' },
    { by: 'the end of it', given: inState({ status: 'closed' }), reason: 'not_open' },
    { by: 'its rest', given: inState({ status: 'snoozed' }), reason: 'not_open' },
    {
      by: 'an agent who wrote, before as after',
      given: { ...free, lastSpeaker: { isPerson: true, isLater: false } },
      reason: 'with_agent',
    },
    {
      by: 'a program that answered',
      given: { ...free, lastSpeaker: { isPerson: false, isLater: true } },
      reason: 'answered',
    },
    {
      by: 'no program that wrote before the question',
      given: { ...free, lastSpeaker: { isPerson: false, isLater: false } },
      reason: undefined,
    },
  ])('S-113 is $by: $reason', ({ given, reason }) => {
    expect(reasonToStop(given)).toBe(reason);
  });

  test('S-113 is known of a message from the first where people have the conversation', () => {
    const open = { aiWorkflowState: 'none', assignedAgentId: null };
    expect(peopleHaveIt(open)).toBeUndefined();
    expect(peopleHaveIt({ ...open, aiWorkflowState: 'handoff' })).toBe('handed_off');
    expect(peopleHaveIt({ ...open, assignedAgentId: 'a' })).toBe('assigned');
  });
});

describe('texts', () => {
  test('S-113 a question is searched for without words of courtesy, and not beyond 2,000 characters', () => {
    expect(questionOf('Hi, please RESET this. Thank you!').split(/\W+/).filter(Boolean)).toEqual([
      'RESET',
      'this',
    ]);
    expect(questionOf('😀'.repeat(3_000)).isWellFormed()).toBe(true);
    expect(questionOf('x'.repeat(3_000))).toHaveLength(2_000);
  });

  test('S-113 an answer is the best article, with the titles of the others', () => {
    const one = { title: 'Passwords', content: ' Press reset. ' };
    const [two, three] = ['Mails', 'Keys'].map((title) => ({ title, content: 'x' }));
    expect(answerText('', [one])).toBe('Passwords\nPress reset.');
    expect(
      answerText(
        'Perhaps:',
        [one, two, three].filter((article) => article !== undefined),
      ),
    ).toBe('Perhaps:\n\nPasswords\nPress reset.\n\nSee also: Mails; Keys');
  });

  test.for([
    { at: 'a paragraph', content: `${'a'.repeat(1_000)}\n\n${'b'.repeat(1_000)}`, end: 'a …' },
    { at: 'a sentence', content: `${'a'.repeat(1_000)}. ${'b'.repeat(1_000)}`, end: 'a. …' },
    { at: 'a word', content: 'word '.repeat(1_000), end: 'word …' },
    { at: 'a character', content: 'x'.repeat(3_000), end: 'x …' },
    { at: 'a whole one', content: `x${'😀'.repeat(1_500)}`, end: '😀 …' },
  ])('S-113 a long article is cut after $at', ({ content, end }) => {
    const text = answerText('', [{ title: 'T', content }]);
    expect(text.length).toBeLessThan(1_520);
    expect(text.isWellFormed()).toBe(true);
    expect(text.endsWith(end)).toBe(true);
  });
});
