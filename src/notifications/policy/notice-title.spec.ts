import type { MessageAlert } from '../channels/channel-driver.port.js';
import { noticeTitle } from './notice-title.js';

const alert = (rule_name: string, severity: MessageAlert['severity'], target_name = 'router') =>
  ({ rule_name, severity, target_name, site_name: 'Berlin' }) as MessageAlert;
const titleOf = (...alerts: MessageAlert[]) =>
  noticeTitle({ kind: 'firing', alerts, group_labels: { site: 'Berlin' } });

it('names the worst rules first, however they came', () => {
  const [low, high, critical] = [alert('Templ', 'low'), alert('Slow', 'high'), alert('Down', 'critical')];
  expect(titleOf(low, high, critical, low)).toBe('4 alerts in Berlin: Down, Slow, Templ');
  expect(titleOf(low, alert('A', 'info'), high, critical)).toBe('4 alerts in Berlin: Down, Slow, Templ and 1 more');
});

it('names the target of one alert, and is cut between characters', () => {
  expect(titleOf(alert('Down', 'high'))).toBe('Down: router (Berlin)');
  const long = titleOf(alert('Down', 'high', `${'x'.repeat(243)}😀`));
  expect(long.isWellFormed()).toBe(true);
  expect(long).toHaveLength(249);
});
