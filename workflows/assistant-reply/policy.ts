import type { Candidate, Evidence } from '../../activities/assistant/contract.ts';
import type { HandOffReason } from '../../shared/domain/assistant.ts';

/** What the assistant does about a question. */
export type Decision =
  | {
      readonly kind: 'answer';
      /** The best first. */
      readonly articleIds: readonly string[];
      readonly confidence: number;
    }
  | {
      readonly kind: 'hand_off';
      readonly reason: HandOffReason;
      readonly confidence: number | null;
    };

/** A word that only the content has says less about what an article is about than one of its title. */
const contentWordWeight = 0.5;
/** The article that answers, and others whose titles are named. */
const articlesMax = 3;
/** Searches of one run. Each further one is because an article was taken back meanwhile. */
const searchesMax = 3;

/**
 * How well an article fits, from 0 to 1 in hundredths: the share of the words that it has. The rank of
 * the search is comparable within one search only, and so cannot be compared with a threshold.
 */
export function confidenceOf(
  { words, titleWords }: Pick<Candidate, 'words' | 'titleWords'>,
  wordsAsked: number,
): number {
  if (wordsAsked === 0) return 0;
  const weight = titleWords + (words - titleWords) * contentWordWeight;
  return Math.round((weight / wordsAsked) * 100) / 100;
}

/**
 * Answers when an article fits well enough, and names others that do; hands off otherwise. Of those that
 * fit alike the one that the search ranks higher comes first. `searches` counts those of the run.
 */
export function decide(evidence: Evidence, searches: number): Decision {
  const { wordsAsked, candidates, minimumConfidence } = evidence;
  if (wordsAsked === 0) return handOff('no_words');
  const weighed = candidates
    .map((candidate) => ({ ...candidate, confidence: confidenceOf(candidate, wordsAsked) }))
    .toSorted((one, other) => other.confidence - one.confidence || other.rank - one.rank);
  const [best] = weighed;
  if (best === undefined) return handOff('nothing_found');
  const { confidence } = best;
  if (searches > searchesMax) return handOff('article_changed', confidence);
  const good = weighed.filter((one) => one.confidence >= minimumConfidence);
  if (good.length === 0) return handOff('unsure', confidence);
  const articleIds = good.slice(0, articlesMax).map(({ articleId }) => articleId);
  return { kind: 'answer', articleIds, confidence };
}

const handOff = (reason: HandOffReason, confidence: number | null = null): Decision => ({
  kind: 'hand_off',
  reason,
  confidence,
});
