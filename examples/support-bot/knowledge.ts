/** An article of the knowledge base, of which only these members are looked at. */
export interface Article {
  readonly title: string;
  readonly content: string;
  readonly tags: readonly string[];
}

/** A title says more of what an article is about than its text. */
const titleWeight = 3;
/** One word in a title, or a few in a text. */
const enough = 3;
const answerCharactersMax = 2_000;

/**
 * The answer to a question, or undefined when no article is about it. The same for the same articles:
 * an answer that is sent a second time has to be the first one.
 */
export function answerTo(question: string, articles: readonly Article[]): string | undefined {
  const asked = wordsOf(question);
  let best: { readonly article: Article; readonly score: number } | undefined;
  for (const article of articles) {
    const score =
      titleWeight * shared(asked, wordsOf(`${article.title} ${article.tags.join(' ')}`)) +
      shared(asked, wordsOf(article.content));
    if (score > (best?.score ?? 0)) best = { article, score };
  }
  if (best === undefined || best.score < enough) return undefined;
  const { title, content } = best.article;
  return `${title}\n\n${content}`.slice(0, answerCharactersMax);
}

/** Words of four letters and more: shorter ones are in every question. */
const wordsOf = (text: string): ReadonlySet<string> =>
  new Set(text.toLowerCase().match(/[\p{L}\p{N}]{4,}/gu));

const shared = (a: ReadonlySet<string>, b: ReadonlySet<string>): number =>
  [...a].filter((word) => b.has(word)).length;
