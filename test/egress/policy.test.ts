import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { describeConfig, loadConfig } from '../../shared/config/load.ts';
import { closedPolicy } from '../../shared/egress/policy.ts';
import { egressPolicy } from '../../shared/egress/policy-of-config.ts';

const required = {
  DATABASE_URL: 'postgres://tidegate_app:pw@127.0.0.1:5432/tidegate',
  TIDEGATE_MASTER_KEYS: `a:${randomBytes(32).toString('base64')}`,
};
const policyOf = (settings: Record<string, string>) =>
  egressPolicy(loadConfig({ ...required, ...settings }));

describe("the operator's policy", () => {
  test('S-084 opens nothing unless it is set', () => {
    expect(policyOf({})).toEqual(closedPolicy);
  });

  test('S-084 is what the settings say', () => {
    const policy = policyOf({
      TIDEGATE_EGRESS_ALLOW_HTTP: 'true',
      TIDEGATE_EGRESS_PORTS: '8443, 9443',
      TIDEGATE_EGRESS_EXEMPT_URLS: 'http://10.0.0.5:8080/a,b  https://Intranet/hook',
      TIDEGATE_EGRESS_ALLOW_LOOPBACK: 'true',
      TIDEGATE_EGRESS_ALLOW_RANGES: '10.1.0.0/16:443,fd00:1::/64:8443',
    });
    expect(policy).toEqual({
      allowHttp: true,
      ports: [8443, 9443],
      exemptUrls: ['http://10.0.0.5:8080/a,b', 'https://intranet/hook'],
      allowLoopback: true,
      allowRanges: [
        { cidr: '10.1.0.0/16', port: 443 },
        { cidr: 'fd00:1::/64', port: 8443 },
      ],
    });
  });

  test.each([
    ['PORTS', '443,0'],
    ['PORTS', '65536'],
    ['PORTS', 'https'],
    ['EXEMPT_URLS', 'ftp://a.example.com/'],
    ['EXEMPT_URLS', 'https://user:pw@a.example.com/'],
    ['EXEMPT_URLS', 'a.example.com/hook'],
    ['ALLOW_RANGES', '10.0.0.0/8'],
    ['ALLOW_RANGES', '10.0.0.0/33:443'],
    ['ALLOW_RANGES', '10.0.0.5:443'],
  ])('refuses a faulty %s: %s', (name, value) => {
    const setting = `TIDEGATE_EGRESS_${name}`;
    expect(() => policyOf({ [setting]: value })).toThrow(setting);
  });

  test('keeps exempt URLs, which may carry a token, out of the log', () => {
    const settings = { TIDEGATE_EGRESS_EXEMPT_URLS: 'https://a.example.com/?token=tk1' };
    const text = JSON.stringify(describeConfig(loadConfig({ ...required, ...settings })));
    expect(text).not.toContain('tk1');
  });
});
