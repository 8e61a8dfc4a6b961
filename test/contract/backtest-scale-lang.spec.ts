import { startTestPostgres } from '../support/postgres.js';
import { makePartitions } from '../support/reports-data.js';
import { startRulesLab } from '../support/rules-lab.js';
it('scale', async () => {
  const postgres = await startTestPostgres();
  const lab = await startRulesLab(await postgres.createDatabase());
  const DAY = Math.floor(Date.now() / 86_400_000) * 86_400_000 - 2 * 86_400_000;
  await makePartitions(lab.database, 'ping_results', new Date(DAY), 1);
  await lab.database.query(`INSERT INTO devices (name, ip, profile_id) SELECT 'many ' || n, '10.9.' || n / 250 || '.' || n % 250, (SELECT id FROM profiles WHERE is_default) FROM generate_series(1, 400) n`);
  await lab.database.query(`INSERT INTO ping_results (ts, device_num, sent, received, status, rtt_avg) SELECT $1::timestamptz + make_interval(secs => 30*t), d.num, 3, 3, 0, 10 FROM generate_series(0, 1439) t, devices d`, [new Date(DAY).toISOString()]);
  await lab.database.query('ANALYZE');
  let worst = 0; let last = performance.now();
  const timer = setInterval(() => { const now = performance.now(); worst = Math.max(worst, now - last - 10); last = now; }, 10);
  for (const expression of ['icmp.down_seconds >= 60', 'avg(icmp.loss_percent, 5m) > 20', 'avg(icmp.loss_percent, 5m) > 20 and max(icmp.rtt_ms, 10m) > 20 or icmp.no_data_seconds > 300']) {
    const began = performance.now(); worst = 0;
    const answer = await lab.call('POST', `/alert-rules/backtest?from=${new Date(DAY).toISOString()}&to=${new Date(DAY + 43_200_000).toISOString()}`, { expression });
    console.log(expression, answer.status, answer.code, answer.detail, Math.round(performance.now() - began), 'ms, loop', Math.round(worst), JSON.stringify(answer.data?.['totals']), Math.round(process.memoryUsage().rss / 1e6));
  }
  clearInterval(timer);
  await lab.close(); await postgres.stop();
}, 100_000);
