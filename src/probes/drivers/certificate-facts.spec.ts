import { certificateFacts } from './certificate-facts.js';

const now = new Date('2026-11-21T12:00:00Z');

describe('certificateFacts', () => {
  it.each([
    ['Nov 22 12:00:00 2026 GMT', 1],
    ['Nov 22 11:59:59 2026 GMT', 0],
    ['Nov 21 11:59:59 2026 GMT', -1],
    ['Nov 21 12:00:00 2027 GMT', 365],
  ])('%s', (validTo, days) => {
    expect(certificateFacts(validTo, now)).toEqual({
      cert_expires_at: new Date(validTo).toISOString(),
      cert_expiry_days: days,
    });
  });

  it.each([undefined, '', 'soon'])('nothing of %j', (validTo) => expect(certificateFacts(validTo, now)).toBeNull());
});
