import { databaseUrl, Product } from '../support/product.js';
import { KillablePostgres } from '../support/queue-postgres.js';
import { setTimeout as pause } from 'node:timers/promises';
it('x', async () => {
  const postgres = await KillablePostgres.create();
  const ps: Product[] = [];
  const start = async (env: Record<string, string>) => { const p = await Product.start({ env: { LOG_LEVEL: 'debug', SWARMWARD_SECRETS_KEY: 'a-secrets-key-of-32-characters-or-more', DATABASE_URL: databaseUrl(postgres.config), ...env } }); ps.push(p); return p; };
  await start({ SWARMWARD_ROLE: 'scheduler', SWARMWARD_SWARM_REFRESH_SECONDS: '3' });
  await pause(14_000);
  const t = await postgres.query<{ tablename: string }>("select tablename from pg_tables where schemaname='bullmq'");
  console.log(JSON.stringify(t));
  console.log(JSON.stringify(await postgres.query("select * from bullmq.bullmq_jobs").catch((e) => String(e))).slice(0, 3000));
  await Promise.all(ps.map((p) => p.stop('SIGKILL')));
  await postgres.remove();
}, 200_000);
