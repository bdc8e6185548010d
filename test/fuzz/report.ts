import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** A request of the fuzzer with what it was answered. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly requestBody: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
  /** Where the API refused it: the code of the problem. */
  readonly code: string | undefined;
}

/** A check that a request failed. */
export interface Failure {
  readonly check: string;
  /** `GET /api/v1/visitors` */
  readonly operation: string;
  readonly message: string;
  /** Undefined when there was no answer. */
  readonly exchange: Exchange | undefined;
}

export interface ReportReader {
  onExchange(exchange: Exchange): void;
  onFailure(failure: Failure): void;
}

/** The events of Schemathesis (`--report ndjson`) as far as they are looked at. */
interface ReportLine {
  readonly ScenarioFinished?: {
    readonly recorder: {
      readonly label: string;
      readonly checks?: Readonly<Record<string, readonly Check[]>>;
      readonly interactions?: Readonly<Record<string, Interaction>>;
    };
  };
  readonly NonFatalError?: { readonly label?: string; readonly value?: unknown };
}
interface Check {
  readonly name: string;
  readonly status: string;
  readonly failure_info?: {
    readonly failure: { readonly operation: string; readonly message: string };
  };
}
type Bytes = { readonly $base64: string } | null | undefined;
interface Interaction {
  readonly request: { readonly method: string; readonly uri: string; readonly body?: Bytes };
  readonly response: {
    readonly status_code: number;
    readonly headers: Readonly<Record<string, readonly string[]>>;
    readonly content?: Bytes;
  } | null;
}

/** Reads a report of Schemathesis line by line; one of a long run does not fit into memory. */
export async function readReport(file: string, reader: ReportReader): Promise<void> {
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const { ScenarioFinished: scenario, NonFatalError: error } = JSON.parse(line) as ReportLine;
    if (error !== undefined) {
      const message = JSON.stringify(error);
      reader.onFailure({
        check: 'error',
        operation: error.label ?? '',
        message,
        exchange: undefined,
      });
    }
    if (scenario === undefined) continue;
    const { checks = {}, interactions = {} } = scenario.recorder;
    const exchanges = new Map(
      Object.entries(interactions).map(([id, each]) => [id, exchangeOf(each)]),
    );
    for (const exchange of exchanges.values())
      if (exchange !== undefined) reader.onExchange(exchange);
    for (const [id, list] of Object.entries(checks)) {
      for (const { name, failure_info: info } of list) {
        if (info === undefined) continue;
        const { operation, message } = info.failure;
        reader.onFailure({ check: name, operation, message, exchange: exchanges.get(id) });
      }
    }
  }
}

function exchangeOf({ request, response }: Interaction): Exchange | undefined {
  if (response === null) return undefined;
  const [path = '', query = ''] = request.uri.replace(/^https?:\/\/[^/]+/, '').split('?', 2);
  const body = textOf(response.content);
  return {
    method: request.method,
    path,
    query,
    requestBody: textOf(request.body),
    status: response.status_code,
    headers: response.headers,
    body,
    code: codeOf(body),
  };
}

const textOf = (bytes: Bytes): string =>
  bytes ? Buffer.from(bytes.$base64, 'base64').toString('utf8') : '';

function codeOf(body: string): string | undefined {
  try {
    const { code } = JSON.parse(body) as { readonly code?: unknown };
    return typeof code === 'string' ? code : undefined;
  } catch {
    return undefined;
  }
}
