import type { AlertDto } from '../../src/alerts/ledger/alerts.dto.js';
import type { DeliveryDto } from '../../src/notifications/deliveries/deliveries.dto.js';
import { DeviceLab } from './device-lab.js';
import { eventually } from './eventually.js';
import { query, startTestPostgres, type TestPostgres } from './postgres.js';
import { databaseUrl, Product } from './product.js';
import { TcpService } from './tcp-service.js';
import { noticeOf, type WebhookRequest, WebhookReceiver } from './webhook-receiver.js';

/** On a busy machine. */
export const PATIENCE = { timeoutMs: 60_000 };

/** TCP services that die for real, the product that watches them, and real receivers of what it tells. */
export class NoticeLab {
  readonly products: Product[] = [];
  /** Each is the device of the same name. */
  readonly services = new Map<string, TcpService>();
  /** Devices. */
  readonly ids = new Map<string, string>();
  private asked: DeviceLab | undefined;

  private constructor(
    private readonly postgres: TestPostgres,
    private readonly database: Awaited<ReturnType<TestPostgres['createEmptyDatabase']>>,
    readonly receiver: WebhookReceiver,
    /** For channels whose receiver is not there at times. */
    readonly absent: WebhookReceiver,
  ) {}

  /** @param services their names */
  static async start(services: readonly string[]): Promise<NoticeLab> {
    const postgres = await startTestPostgres();
    const database = await postgres.createEmptyDatabase();
    const lab = new NoticeLab(postgres, database, await WebhookReceiver.start(), await WebhookReceiver.start());
    for (const [place, name] of services.entries())
      lab.services.set(name, await TcpService.start(`127.0.5.${place + 1}`));
    return lab;
  }

  /** Another process of the product, on the same database. The first of role `all` or `api` is asked from then on. */
  async launch(env: Record<string, string> = {}): Promise<Product> {
    const product = await Product.start({
      env: {
        DATABASE_URL: databaseUrl(this.database),
        SWARMWARD_SECRETS_KEY: 'a-secrets-key-of-32-characters-or-more',
        SWARMWARD_NOTIFY_BACKOFF_SECONDS: '1',
        ...env,
      },
    });
    this.products.push(product);
    if (['all', 'api'].includes(env['SWARMWARD_ROLE'] ?? 'all')) this.asked = new DeviceLab(product);
    return product;
  }

  /** What talks to the product over its API. */
  get devices(): DeviceLab {
    return this.asked!;
  }

  /** The services as devices and more of them, and waits until all are up. */
  async watch(of: (name: string) => object, others: readonly object[] = []): Promise<void> {
    const services = [...this.services].map(([name, { ip, port }]) => {
      return { name, ip, port, check_kind: 'tcp', ...of(name) };
    });
    const { rows } = await this.devices.import([...services, ...others]);
    for (const { name, id } of rows) this.ids.set(name!, id!);
    await eventually(async () => expect(await this.devices.tally()).toEqual({ up: rows.length }), PATIENCE);
  }

  /**
   * Only devices are told of from now on: here is no Docker, jobs wait that nobody takes, and the disk of the machine may be full, all of
   * which is told in time.
   */
  async devicesOnly(): Promise<void> {
    for (const kind of ['swarm', 'self'])
      for (const { id } of await this.devices.get<{ id: string }[]>(`/api/v1/alert-rules?kind=${kind}&limit=100`))
        await this.devices.ask('PATCH', `/api/v1/alert-rules/${id}`, { enabled: false });
  }

  webhook(name: string, { isDefault = false, isAbsent = false, ...config }: Record<string, unknown> = {}) {
    const url = (isAbsent ? this.absent : this.receiver).url(`/${name}`);
    const body = { name, kind: 'webhook', config: { url, ...config }, is_default: isDefault };
    return this.devices.create('/api/v1/channels', body);
  }

  async die(...names: string[]): Promise<void> {
    await Promise.all(names.map((name) => this.services.get(name)!.die()));
  }

  async comeBack(...names: string[]): Promise<void> {
    await Promise.all(names.map((name) => this.services.get(name)!.comeBack()));
  }

  sql<Row>(text: string): Promise<Row[]> {
    return query<Row>(this.database, text);
  }

  /** What arrived at a channel, of a device if one is named, answered or not, in order. */
  requests(channel: string, device?: string): WebhookRequest[] {
    const all = [...this.receiver.of(`/${channel}`), ...this.absent.of(`/${channel}`)];
    if (device === undefined) return all;
    return all.filter((request) => noticeOf(request).alerts.some(({ target_name }) => target_name === device));
  }

  /** Waits until just these notices of a device have been accepted, in this order. */
  async told(kinds: string[], channel: string, device: string): Promise<void> {
    await eventually(() => {
      const accepted = this.requests(channel, device).filter(({ status }) => status === 200);
      expect(accepted.map((request) => noticeOf(request).kind)).toEqual(kinds);
    }, PATIENCE);
  }

  /** The alert of a device, once it fires. */
  firing(device: string): Promise<AlertDto> {
    return eventually(async () => {
      const [alert] = await this.devices.get<AlertDto[]>(`/api/v1/alerts?state=firing&device=${device}`);
      if (!alert) throw new Error(`No alert of ${device} fires`);
      return alert;
    }, PATIENCE);
  }

  deliveries(search: string): Promise<DeliveryDto[]> {
    return this.devices.get(`/api/v1/deliveries?limit=200&${search}`);
  }

  /** From the moment at which a state was known to the arrival of what tells it, ms. */
  async delay(device: string, state: 'up' | 'down', request: WebhookRequest): Promise<number> {
    const event = (await this.devices.events(this.ids.get(device)!)).findLast(({ to }) => to === state)!;
    return request.at - Date.parse(event.recorded_at);
  }

  /** Of what was accepted, every key once. */
  expectOnce(): void {
    const accepted = [...this.receiver.requests, ...this.absent.requests].filter(({ status }) => status === 200);
    expect(new Set(accepted.map(({ key }) => key)).size).toBe(accepted.length);
  }

  async stop(): Promise<void> {
    await Promise.all(this.products.map((product) => product.stop()));
    await Promise.all([this.receiver.shut(), this.absent.shut(), this.die(...this.services.keys())]);
    await this.postgres.stop();
  }
}
