import { jest } from '@jest/globals';
import { eachWithoutHistory, range, told } from '../support/backtest-lab.js';
import { eventually } from '../support/eventually.js';
import type { RulesLab } from '../support/rules-lab.js';

// Real: PostgreSQL, Nest, Fastify, the product's own history of devices.
let lab: RulesLab;
const { backtest } = eachWithoutHistory((started) => (lab = started));

describe('a backtest is refused', () => {
  const refused = async (body: object, query: string) => {
    const { status, code, detail, errors } = await lab.call('POST', `/alert-rules/backtest${query}`, body);
    return {
      status,
      code,
      text: `${detail} ${errors?.map(({ path, message }) => `${path}: ${message}`).join() ?? ''}`,
    };
  };
  const good = { expression: 'icmp.down_seconds >= 60' };

  it.each<[string, object, string, number, string, RegExp]>([
    [
      'without history',
      { expression: 'icmp.flaps > 5' },
      '',
      422,
      'backtest_without_history',
      /no history of icmp\.flaps/,
    ],
    ['of no device', { expression: 'swarm.node_down == 1' }, '', 422, 'backtest_without_history', /swarm\.node_down/],
    ['that is no rule', { expression: 'icmp.rtt > 5' }, '', 400, 'invalid_condition', /no metric icmp\.rtt/],
    ['with unknown fields', { ...good, nope: 1 }, '', 400, 'validation_failed', /nope/],
    [
      'of more than 31 days',
      good,
      '?from=2026-01-01T00:00:00Z&to=2026-02-02T00:00:00Z',
      400,
      'validation_failed',
      /at most 31 days/,
    ],
    ['backwards', good, range(10, 5), 400, 'validation_failed', /before `to`/],
    ['of the future', good, '?from=2199-01-01T00:00:00Z', 400, 'validation_failed', /in the past/],
    ['of no time', good, '?from=yesterday', 400, 'validation_failed', /ISO-8601/],
  ])('%s', async (_name, body, query, status, code, text) => {
    expect(await refused(body, query)).toEqual({ status, code, text: expect.stringMatching(text) });
  });

  it('for too many devices over too long a time, saying what would do', async () => {
    await lab.database.query(
      `INSERT INTO devices (name, ip, profile_id) SELECT 'more ' || n, '10.8.' || n / 250 || '.' || n % 250, (SELECT id FROM profiles WHERE is_default)
       FROM generate_series(1, 2500) n`,
    );
    const body = { expression: 'packet_loss > 20' };
    expect(await refused(body, range(0, 12 * 60))).toEqual({
      status: 422,
      code: 'backtest_too_large',
      text: expect.stringMatching(/Ask for at most \d+ h, or a scope with at most \d+ devices\./),
    });
    await lab.database.query(`DELETE FROM devices WHERE name LIKE 'more %'`);
  });

  it('while as many run as may', async () => {
    const runner = lab.database.createQueryRunner();
    await runner.startTransaction();
    await runner.query('LOCK TABLE state_events');
    const waiting = [1, 2].map(() => backtest(good, range(0, 60)));
    try {
      await eventually(async () => {
        const locks = await lab.database.query(
          `SELECT FROM pg_locks WHERE NOT granted AND relation = 'state_events'::regclass`,
        );
        expect(locks).toHaveLength(2);
      });
      expect(await refused(good, range(0, 60))).toMatchObject({ status: 429, code: 'backtest_busy' });
    } finally {
      await runner.rollbackTransaction();
      await runner.release();
    }
    await Promise.all(waiting);
    expect(told(await backtest(good, range(0, 60)))).toEqual([]);
  });

  it('when it took too long, whatever the time went to', async () => {
    const runner = lab.database.createQueryRunner();
    await runner.startTransaction();
    // How often devices are probed is read before the first of them is played.
    await runner.query('LOCK TABLE profiles');
    const waiting = refused(good, range(0, 60));
    try {
      await eventually(async () => {
        const locks = await lab.database.query(
          `SELECT FROM pg_locks WHERE NOT granted AND relation = 'profiles'::regclass`,
        );
        expect(locks).toHaveLength(1);
      });
      const monotonic = performance.now.bind(performance);
      jest.spyOn(performance, 'now').mockImplementation(() => monotonic() + 20_000);
    } finally {
      await runner.rollbackTransaction();
      await runner.release();
    }
    const answer = await waiting.finally(() => jest.restoreAllMocks());
    expect(answer).toMatchObject({ code: 'backtest_too_large', text: expect.stringMatching(/longer than 20 s/) });
  });

  it('of a rule that was damaged from outside', async () => {
    const { data } = await lab.call<{ id: string }>('POST', '/alert-rules', { name: 'Damaged', ...good });
    for (const damage of [`condition = '"x"'`, `condition = '{}'`, `recovery_condition = '[]'`]) {
      await lab.database.query(`UPDATE alert_rules SET ${damage} WHERE id = $1`, [data.id]);
      const answer = await lab.call('GET', `/alert-rules/${data.id}/backtest`);
      expect(answer).toMatchObject({ status: 422, code: 'backtest_without_history' });
      await lab.call('PATCH', `/alert-rules/${data.id}`, { ...good, recovery: null });
    }
    await lab.database.query('DELETE FROM alert_rules WHERE id = $1', [data.id]);
  });

  it('of a rule that there is not', async () => {
    const none = await lab.call('GET', '/alert-rules/7c1f7f0e-58a1-4b0d-8f6b-f7c3b1d2a9ff/backtest');
    expect(none).toMatchObject({ status: 404, code: 'alert_rule_not_found' });
    expect(await lab.call('GET', '/alert-rules/nonsense/backtest')).toMatchObject({ status: 400 });
  });
});
