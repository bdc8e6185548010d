/** Why a request has no answer. `blocked` is final; each of the others may be gone next time. */
export type FailureClass =
  /** The URL, an address of its name or a header is not allowed. Nothing was sent. */
  | 'blocked'
  /** The name has no address, or could not be looked up. Nothing was sent. */
  | 'dns'
  /** No connection came about. Nothing was sent. */
  | 'connect'
  /** The receiver's certificate or its encryption is not acceptable. Nothing was sent. */
  | 'tls'
  /** The answer was not whole at the deadline. The receiver may have acted on the request. */
  | 'timeout'
  /** The connection broke before the answer was whole. The receiver may have acted on the request. */
  | 'reset'
  /** What came back is not HTTP. */
  | 'protocol'
  /** The headers of the answer exceed their limit. */
  | 'too_large';

/** One attempt to post. Every status is an answer, a redirect among them: it is not followed (S-083). */
export type EgressResult =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** Names in lower case, without cookies; at most 64, each cut at 1,024 characters. */
      readonly headers: Readonly<Record<string, string>>;
      /** As it came, never inflated; at most 64 KiB. */
      readonly body: Buffer;
      /** There was more; it was not read. */
      readonly isBodyCut: boolean;
      readonly durationMs: number;
    }
  | {
      readonly kind: 'failed';
      readonly class: FailureClass;
      /** For the tenant: says the class and nothing of addresses or sockets. */
      readonly message: string;
      /** For the operator's log only. */
      readonly detail: string;
      readonly durationMs: number;
    };

/** What tenants are told; one text a class, so that it is no oracle of the network behind. */
export const failureMessages: Readonly<Record<FailureClass, string>> = {
  blocked: 'The address or a header of the request is not allowed.',
  dns: 'The host name could not be resolved.',
  connect: 'No connection could be made.',
  tls: 'The connection could not be secured.',
  timeout: 'The receiver did not answer in time.',
  reset: 'The connection ended before the answer did.',
  protocol: 'The answer is not valid HTTP.',
  too_large: 'The headers of the answer are too large.',
};
