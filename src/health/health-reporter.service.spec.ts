import { HealthIndicatorService, type HealthCheckService } from '@nestjs/terminus';
import { critical, healthy } from './component-health.js';
import type { HealthComponents } from './health-components.js';
import { HealthReporter } from './health-reporter.service.js';

// Replaced: the components and the clocks, and of Terminus what runs the checks.
describe('HealthReporter', () => {
  afterEach(() => jest.restoreAllMocks());

  function lab() {
    const state = { broken: false, checks: 0 };
    const assess = async () => {
      state.checks++;
      return state.broken ? critical('broken') : healthy('fine');
    };
    const component = { name: 'database', whenUnknown: 'critical' as const, assess };
    const terminus = { check: (checks: (() => Promise<unknown>)[]) => Promise.all(checks.map((check) => check())) };
    const reporter = new HealthReporter(terminus as unknown as HealthCheckService, new HealthIndicatorService(), {
      all: [component],
    } as unknown as HealthComponents);
    const verdict = async () => (await reporter.current()).get('database')!.verdict;
    return { state, verdict };
  }
  const clocks = (monotonic: number, date: number) => {
    jest.spyOn(performance, 'now').mockReturnValue(monotonic);
    jest.spyOn(Date, 'now').mockReturnValue(date);
  };

  it('checks once a second, however many ask', async () => {
    const { state, verdict } = lab();
    clocks(5_000, 1_000_000);
    await Promise.all([verdict(), verdict()]);
    clocks(5_999, 1_000_999);
    await verdict();
    expect(state.checks).toBe(1);
    clocks(6_000, 1_001_000);
    await verdict();
    expect(state.checks).toBe(2);
  });

  it('does not stand still when the clock of the system is set back', async () => {
    const { state, verdict } = lab();
    clocks(5_000, 10_000_000);
    expect(await verdict()).toBe('healthy');
    state.broken = true;
    clocks(6_000, 10_001_000 - 3_600_000);
    expect(await verdict()).toBe('critical');
  });
});
