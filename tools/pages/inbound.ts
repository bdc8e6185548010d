import { bearer, hmacSha256, ipAllowlist, pathToken } from '../../shared/presets/classic.ts';
import { findPreset, presets } from '../../shared/presets/index.ts';
import { addressNote, noTimeNote, refetchNote } from '../../shared/presets/parts.ts';
import type { Preset } from '../../shared/presets/preset.ts';
import { verifierLimits } from '../../shared/schemas/verifier-check.ts';
import { checksOf, type Verifier } from '../../shared/schemas/verifier.ts';
import { advice } from '../../shared/verification/explain/advice.ts';
import { describe, handshakeText, sourceText, summaryOf } from './describe-verifier.ts';
import { code } from './markdown.ts';

const json = (value: unknown): string => `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``;

/** docs/inbound.md */
export function inboundPage(): string {
  return [
    introduction(),
    fields(),
    classic(),
    troubles(),
    table(),
    common(),
    '## One by one',
    ...presets.map(guide),
  ].join('\n\n');
}

function introduction(): string {
  return `# Inbound: how a sender is proven

A hook lets a request in when its *verifier* accepts it. A verifier is data: what a sender signs, with
which algorithm, and where in the request the proof stands. It holds no secret; each check names the
slot its keys are stored under, and several keys may be live in a slot while one replaces another.

- The bytes are checked as they came in, before anything parses them. A proxy that rewrites JSON, line
  ends or the address breaks signatures.
- Every signature of a request is tried with every live key, in constant time. A header that comes
  twice is refused.
- A refused request is answered 401 with an empty body whatever the reason, and the same for a hook
  that does not exist. The reason is on the delivery, check by check; past 120 refusals a minute from one address
  they are in the log of the gateway alone.
- Without a signed time a captured request can be sent again. The idempotency key is what makes that
  harmless, so set one.

To begin, choose a [preset](#senders). When requests do not verify, see [below](#when-a-request-does-not-verify).`;
}

function fields(): string {
  const stripe = findPreset('stripe')?.verifier;
  return `## The verifier

This one is Stripe's:

${json(stripe)}

A verifier is one check, or \`allOf\` and \`anyOf\` over checks: an HMAC *and* an address list, an old
*or* a new format. At most ${verifierLimits.checks} checks, nested ${verifierLimits.depth} levels. What it does not know it refuses when it is saved.

| \`scheme\` | proves the sender by |
| --- | --- |
| \`hmac\` | the HMAC of parts of the request: \`algorithm\` sha1, sha256, sha384 or sha512 |
| \`asymmetric\` | a signature with a private key: \`algorithm\` ed25519 or ecdsa_p256_sha256. The key is the public one: PEM, SPKI in base64, for Ed25519 also hex, base64 or \`whpk_…\` |
| \`hash_concat\` | a plain SHA-256 of a text that contains the secret. Old and weak |
| \`jwt_body_hash\` | a JSON Web Token with the SHA-256 of the body in a claim |
| \`static\` | a token as it is. \`credential.from\`: \`bearer\`, \`basic\`, \`header\`, \`query\` or \`bodyPath\` |
| \`ip\` | the address of the client: \`cidrs\`, IPv4 and IPv6. Behind a proxy, set \`TIDEGATE_TRUSTED_PROXIES\` |
| \`body_digest\` | nothing alone; beside a signature over the digest it ties the body to it |
| \`none\` | nothing. Everybody may send. Only as the whole verifier |

The fields of \`hmac\`, \`asymmetric\` and \`hash_concat\`:

| field | meaning |
| --- | --- |
| \`key.slot\` | where the keys are stored. Default \`default\` |
| \`key.encoding\` | how the stored text becomes bytes: \`utf8\` (default), \`base64\`, \`base64url\`, \`hex\` |
| \`key.stripPrefix\` | text in front of the key that is not part of it, such as \`whsec_\` |
| \`signature.from\`, \`names\` | \`header\`, \`query\` or \`bodyPath\` (fields of a JSON body, joined by full stops), and the names to look at |
| \`signature.itemSep\` | what separates several signatures in one value: comma, semicolon or blank |
| \`signature.kvSep\`, \`fields\` | what separates name and value of an item, and which names are signatures |
| \`signature.prefix\`, \`isPrefixOptional\` | text in front of a signature, such as \`sha256=\` |
| \`signature.encoding\` | \`hex\` (in any case), \`base64\` (padded or not), \`base64url\` |
| \`timestamp.from\`, \`name\` | where the time is; \`signature\` names an item of the signature header |
| \`timestamp.format\` | \`unix_s\`, \`unix_ms\`, \`iso8601\` |
| \`timestamp.maxAgeSeconds\`, \`maxFutureSeconds\` | how far it may lie from our clock. Default 300 s each |
| \`messageId.from\`, \`name\` | where the id is that is signed |
| \`signed\` | what is signed, in order, joined by nothing: \`body\`, \`timestamp\`, \`id\`, \`method\`, \`url\`, \`url_decoded\`, \`form_sorted\`, \`body_sha256_hex\`, \`key\` (of \`hash_concat\`), or an object: \`literal\`, \`header\`, \`query\`, \`bodyPath\` |
| \`publicUrl\` | the address the sender knows, without query, when it is not the public address of the installation |

A secret has at least 16 characters, or 16 bytes once it is decoded; one that begins with \`whsec_\` and
is used as base64 has 24 to 64 bytes. A shorter one never verifies anything.`;
}

function classic(): string {
  return `## The four authentication types

\`hmac_sha256\`: the hexadecimal HMAC-SHA256 of the body, with or without \`sha256=\` in front.

${json(hmacSha256({ signatureHeader: 'X-Signature' }))}

\`bearer\`: the header \`Authorization: Bearer <token>\`; \`Bearer\` in any case.

${json(bearer())}

\`ip_allowlist\`: exact addresses and CIDR blocks. It proves where a request comes from, not who made it;
join it with another check where you can.

${json(ipAllowlist({ ipCidrs: ['192.0.2.7', '198.51.100.0/24', '2001:db8::/32'] }))}

\`path_token\`: a token in the query of the address. It is masked in what is stored, but proxies on the
way may log it.

${json(pathToken())}`;
}

function troubles(): string {
  const rows = Object.entries(advice)
    .filter(([reason]) => reason !== 'verified' && reason !== 'not_checked')
    .map(([reason, what]) => `| ${code(reason)} | ${what} |`);
  return `## When a request does not verify

The transcript of the delivery holds a step for each check with one of these reasons, the parts that
were hashed and how far the clocks are apart. It never holds a secret or the signature that would be
right.

| reason | what to do |
| --- | --- |
${rows.join('\n')}

A delivery whose bytes are stored can also be explained. Single changes are tried on it: a secret with
a line break or blanks, or decoded in another way; another encoding, algorithm, prefix or header of the
signature; another unit of the time; the body with other line ends, or written anew as compact, spaced,
sorted or escaped JSON, with the first byte that differs; another scheme, host, port or slash of the
address; every preset. What would verify is said, and what to change.`;
}

/** Notes that many presets share are told once. */
const commonNotes: readonly (readonly [title: string, note: string])[] = [
  ['Signatures that do not age', noTimeNote],
  ['Addresses that are signed', addressNote],
  ['Senders that sign nothing', refetchNote],
];

function common(): string {
  const notes = commonNotes.map(([title, note]) => `### ${title}\n\n${note}`);
  return ['## Common to many', ...notes].join('\n\n');
}

function noteText(note: string): string {
  const shared = commonNotes.find(([, text]) => text === note);
  return shared === undefined ? note : `See [${shared[0].toLowerCase()}](#${anchor(shared[0])}).`;
}

function table(): string {
  const rows = presets.map(({ id, name, verifier, idempotency, handshake }) => {
    const [first] = checksOf(verifier);
    const proof = first === undefined ? '' : summaryOf(first);
    return `| [${name}](#${anchor(name)}) | ${code(id)} | ${proof} | ${sourceText(idempotency)} | ${handshake === null ? '' : 'yes'} |`;
  });
  return `## Senders

${presets.length} presets. When a sender repeats requests and how long it waits is from its documentation, and may change.

| sender | preset | proof | idempotency key | handshake |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

Not covered, because their keys have to be fetched: PayPal, AWS SNS and Plaid. For Notion and Airtable,
whose secret is shown once in a first request or is made by an API call, build a verifier from the
table above.`;
}

function guide(preset: Preset): string {
  const { name, id, verifier, secret, idempotency, eventType, handshake } = preset;
  const keys = secret.slots.map(
    ({ slot, label, generate }) =>
      `${label}${slot === 'default' ? '' : ` (slot ${code(slot)})`}${generate ? ', generated here' : ''}`,
  );
  return [
    `### ${name}`,
    `Preset ${code(id)}.${preset.docsUrl === undefined ? '' : ` [Documentation of the sender](${preset.docsUrl}).`}`,
    preset.setup.map((step, index) => `${index + 1}. ${step}`).join('\n'),
    [
      ...proofOf(verifier),
      `- Secret: ${keys.join('; ')}.`,
      `- Idempotency key: ${sourceText(idempotency)}. Kind of event: ${sourceText(eventType)}.`,
      ...(handshake === null ? [] : [`- Handshake: ${handshakeText(handshake)}`]),
      `- Repetition: ${preset.retryNote}`,
      ...preset.notes.map((note) => `- ${noteText(note)}`),
    ].join('\n'),
  ].join('\n\n');
}

function proofOf(verifier: Verifier): string[] {
  const [only, ...more] = describe(verifier, 1);
  if (only !== undefined && more.length === 0) return [only.replace(/^ *- /, '- Proof: ')];
  return ['- Proof:', ...describe(verifier, 1)];
}

/** The anchor that a heading gets on the usual hosts. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
