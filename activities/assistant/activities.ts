import { countWordsFound } from '../../shared/db/queries/article-evidence.ts';
import { searchArticles } from '../../shared/db/queries/article-index.ts';
import type { TenantTx, WithTenant } from '../../shared/db/tenant.ts';
import { questionOf, type AssistantStage } from '../../shared/domain/assistant.ts';
import { parseTenantId } from '../../shared/domain/ids.ts';
import {
  answerQuestion,
  handOffQuestion,
  lookAround,
  type Standing,
} from '../../shared/support/assistant.ts';
import type { AskedQuestion, AssistantActivities, Evidence } from './contract.ts';

export interface AssistantDeps {
  readonly withTenant: WithTenant;
  /** Told of each look for a claim before it is made, and waited for. */
  readonly onLook?: (stage: AssistantStage, question: AskedQuestion) => Promise<void>;
}

/** Articles that are weighed against each other. */
const candidatesMax = 5;

export function makeAssistantActivities(deps: AssistantDeps): AssistantActivities {
  const at = async <Result>(
    stage: AssistantStage,
    question: AskedQuestion,
    work: (tx: TenantTx) => Promise<Result>,
  ): Promise<Result> => {
    await deps.onLook?.(stage, question);
    return deps.withTenant(parseTenantId(question.tenantId), work);
  };
  const look = (stage: AssistantStage, question: AskedQuestion): Promise<Standing> =>
    at(stage, question, (tx) => lookAround(tx, question, stage));

  return {
    considerQuestion: (input) =>
      at('start', input, async (tx) => {
        const standing = await lookAround(tx, input, 'start');
        if (standing.kind === 'ended') return standing;
        const { question, settings } = standing;
        const { minimumConfidence } = settings;
        return { kind: 'found', minimumConfidence, ...(await search(tx, question.content)) };
      }),
    async answerQuestion(input) {
      const standing = await look('message', input);
      if (standing.kind === 'ended') return standing;
      const result = await at('persistence', input, (tx) => answerQuestion(tx, input, input));
      return result === undefined ? { kind: 'changed' } : { kind: 'ended', result };
    },
    async handOffQuestion(input) {
      const standing = await look('handoff', input);
      if (standing.kind === 'ended') return standing;
      if (standing.settings.handOffText !== '') {
        const beforeMessage = await look('message', input);
        if (beforeMessage.kind === 'ended') return beforeMessage;
      }
      const result = await at('persistence', input, (tx) => handOffQuestion(tx, input, input));
      return { kind: 'ended', result };
    },
  };
}

/** Searches what visitors may read. */
async function search(tx: TenantTx, content: string): Promise<Omit<Evidence, 'minimumConfidence'>> {
  const text = questionOf(content);
  const articles = await searchArticles(tx, text, {
    contentType: 'article',
    limit: candidatesMax,
    match: 'any',
  });
  const ids = articles.map(({ id }) => id);
  const { wordsAsked, found } = await countWordsFound(tx, text, ids);
  const candidates = articles.map(({ id: articleId, rank }) => {
    const { words, titleWords } = found.get(articleId) ?? { words: 0, titleWords: 0 };
    return { articleId, rank, words, titleWords };
  });
  return { wordsAsked, candidates };
}
