import { errorCatalogue } from '../../shared/errors/catalogue.ts';

/** docs/errors.md */
export function errorsPage(): string {
  const rows = Object.entries(errorCatalogue).map(
    ([code, { status, retryable, title, next }]) =>
      `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${title}. | ${next} |`,
  );
  return `# Errors

Every code that Tidegate answers or records. \`Again\` says whether the same request can succeed later
without a change by the caller.

The receiver tells senders one of \`invalid_json\`, \`mapping_failed\`, \`dispatch_failed\`,
\`payload_too_large\` and \`unavailable\`; the delivery holds the precise code. A request that is not let in
is answered 401 with an empty body, whatever the reason, and the reason is stored with it.

| code | status | again | meaning | what to do |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}
