import { storableHeaders } from '../../../shared/domain/headers.ts';
import { checksOf, type Verifier } from '../../../shared/schemas/verifier.ts';

/** The parts of a request that are kept with its delivery, free of credentials (S-014). */
export interface StorableParts {
  readonly headers: Record<string, string>;
  readonly query: Record<string, unknown>;
}

const masked = '***';

/**
 * Headers and query of a request as they may be stored. Where the hook's verifier reads a static
 * token, its value is masked: that token is the secret itself. Of a request that was not let in only
 * the names of its parameters are kept, because any of them may be somebody's token.
 */
export function storableParts(
  request: {
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
    readonly query: Readonly<Record<string, unknown>>;
  },
  verifier: Verifier | undefined,
  isLetIn: boolean,
): StorableParts {
  const headers = storableHeaders(request.headers);
  const query: Record<string, unknown> = { ...request.query };
  for (const check of verifier === undefined ? [] : checksOf(verifier)) {
    if (check.scheme !== 'static') continue;
    const { credential } = check;
    if (credential.from === 'header') maskIn(headers, credential.name.toLowerCase());
    if (credential.from === 'query') maskIn(query, credential.name);
  }
  if (!isLetIn) for (const name of Object.keys(query)) query[name] = masked;
  return { headers, query };
}

function maskIn(values: Record<string, unknown>, name: string): void {
  if (name in values) values[name] = masked;
}
