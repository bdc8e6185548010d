import type { AssistantResult, HandOffReason } from '../../shared/domain/assistant.ts';

/** A message of a visitor that the assistant was asked about. */
export interface AskedQuestion {
  readonly tenantId: string;
  readonly conversationId: string;
  readonly messageId: string;
}

/** An article that the search found, and how many of the words it has. */
export interface Candidate {
  readonly articleId: string;
  /** How well the search thinks it fits. Comparable within one search only. */
  readonly rank: number;
  readonly words: number;
  /** Those of them that its title or a tag has. */
  readonly titleWords: number;
}

/** What the search found about a question. */
export interface Evidence {
  /** Different words that were searched for. */
  readonly wordsAsked: number;
  /** The best first. */
  readonly candidates: readonly Candidate[];
  readonly minimumConfidence: number;
}

/** The question has ended, whoever ended it. */
export interface EndedQuestion {
  readonly kind: 'ended';
  readonly result: AssistantResult;
}

/**
 * Each looks whether somebody holds the conversation before it does anything, and ends the question if
 * so (S-113). Complete in itself: repeated, it finds what it did.
 */
export interface AssistantActivities {
  /** Searches the articles that visitors may read. */
  considerQuestion(
    input: AskedQuestion,
  ): Promise<EndedQuestion | ({ readonly kind: 'found' } & Evidence)>;
  /** Answers from articles, the best first; `changed` when one is not for visitors any more. */
  answerQuestion(
    input: AskedQuestion & { readonly articleIds: readonly string[]; readonly confidence: number },
  ): Promise<EndedQuestion | { readonly kind: 'changed' }>;
  /** Hands the conversation to people. */
  handOffQuestion(
    input: AskedQuestion & { readonly reason: HandOffReason; readonly confidence: number | null },
  ): Promise<EndedQuestion>;
}
