import { TidegateError, type ErrorDetail } from '../../../shared/errors/tidegate-error.ts';
import { pointerOf } from '../../../shared/events/issues.ts';
import type { EndpointServices } from './services.ts';

/** The members of a request that hold URLs. */
export interface GivenUrls {
  readonly url?: string | undefined;
  readonly eventUrls?: Readonly<Record<string, string | null>> | undefined;
}

/**
 * Checks every URL that a request gives an endpoint, the default and those of events (S-080). Looks
 * names up, so it runs before the transaction. Throws `validation_failed`, naming each at fault.
 */
export async function checkUrls(
  { checkUrl }: Pick<EndpointServices, 'checkUrl'>,
  given: GivenUrls,
): Promise<void> {
  const verdicts = await Promise.all(
    urlsOf(given).map(async ({ pointer, text }): Promise<ErrorDetail[]> => {
      const verdict = await checkUrl(text);
      return verdict.ok ? [] : [{ pointer, message: `The URL ${verdict.reason}.` }];
    }),
  );
  const details = verdicts.flat();
  const [first] = details;
  if (first !== undefined) throw new TidegateError('validation_failed', first.message, { details });
}

interface PlacedUrl {
  readonly pointer: string;
  readonly text: string;
}

function urlsOf({ url, eventUrls = {} }: GivenUrls): PlacedUrl[] {
  return [
    ...(url === undefined ? [] : [{ pointer: '/url', text: url }]),
    ...Object.entries(eventUrls).flatMap(([type, text]) =>
      text === null ? [] : [{ pointer: pointerOf(['eventUrls', type]), text }],
    ),
  ];
}

/** A URL that has passed the check, as it is stored. Throws `validation_failed` for another. */
export function storedUrl(
  { readUrl }: Pick<EndpointServices, 'readUrl'>,
  pointer: string,
  text: string,
): string {
  const verdict = readUrl(text);
  if (verdict.ok) return verdict.url;
  const message = `The URL ${verdict.reason}.`;
  throw new TidegateError('validation_failed', message, { details: [{ pointer, message }] });
}
