/** How the command line ends. Scripts branch on these numbers: they change only with a major version. */
export const exitCodes = {
  ok: { code: 0, meaning: 'Done.' },
  refused: { code: 1, meaning: 'The server refused the request and said why.' },
  usage: { code: 2, meaning: 'The command line, or a file it names, is not right.' },
  forbidden: {
    code: 3,
    meaning: 'Not proven or not allowed: no token, a wrong one, or too few rights.',
  },
  notFound: { code: 4, meaning: 'There is nothing under this id, slug or address.' },
  unavailable: { code: 5, meaning: 'The server cannot be reached, or failed.' },
  checkFailed: {
    code: 6,
    meaning:
      'A check said no: a signature that does not verify, a delivery that failed or did not come.',
  },
} as const satisfies Record<string, { readonly code: number; readonly meaning: string }>;

export type ExitName = keyof typeof exitCodes;

/** What an HTTP status of an answer that is not a success means for the command line. */
export function exitForStatus(status: number): ExitName {
  if (status === 401 || status === 403) return 'forbidden';
  if (status === 404) return 'notFound';
  return status >= 500 ? 'unavailable' : 'refused';
}
