import { counterRate } from './counter-rate.js';
import type { SnmpReading } from './snmp-agent.port.js';
import type { DueItem, ItemResult } from './snmp-items.store.js';

type Item = Pick<DueItem, 'num' | 'valueType' | 'transform' | 'lastRaw' | 'lastAt' | 'lastUptimeTicks'>;

/** What a reading means for its item: a number, a rate, a text or an error. */
export function itemResult(item: Item, reading: SnmpReading, at: Date, uptimeTicks: number | null): ItemResult {
  const nothing = {
    num: item.num,
    at,
    value: null,
    text: null,
    raw: null,
    uptimeTicks,
    error: null,
    errorDetail: null,
  };
  if (reading.kind === 'error') return { ...nothing, status: 1, error: reading.code, errorDetail: reading.message };
  if (item.valueType === 'text') return { ...nothing, status: 0, text: String(reading.value).slice(0, 1_000) };
  const number = numberOf(reading);
  if (number === null) {
    const shown = String(reading.value).slice(0, 100);
    return {
      ...nothing,
      status: 1,
      error: 'not_a_number',
      errorDetail: `The agent answered with the text "${shown}".`,
    };
  }
  if (item.transform === 'none') return { ...nothing, status: 0, value: Number(number), raw: String(number) };
  const bits = reading.kind === 'number' ? reading.bits : null;
  const now = { value: whole(number), bits, at: at.getTime(), uptimeTicks };
  const rate =
    item.lastRaw === null || item.lastAt === null || !/^-?\d+$/.test(item.lastRaw)
      ? null
      : counterRate(
          { value: BigInt(item.lastRaw), bits, at: item.lastAt.getTime(), uptimeTicks: item.lastUptimeTicks },
          now,
        );
  return { ...nothing, status: rate === null ? 2 : 0, value: rate, raw: String(now.value) };
}

/** Agents send some numbers as text, temperatures for example. */
function numberOf(reading: Exclude<SnmpReading, { kind: 'error' }>): number | bigint | null {
  if (reading.kind === 'number') return reading.value;
  const text = reading.value.trim();
  const number = Number(text);
  return text !== '' && Number.isFinite(number) ? number : null;
}

function whole(number: number | bigint): bigint {
  return typeof number === 'bigint' ? number : BigInt(Math.trunc(number));
}
