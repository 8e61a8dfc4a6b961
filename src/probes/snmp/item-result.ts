import { counterRate } from './counter-rate.js';
import type { SnmpReading } from './snmp-agent.port.js';

/** What is asked for. */
export interface AskedItem {
  num: number;
  oid: string;
  valueType: 'number' | 'text';
  transform: 'none' | 'rate';
}

/** What the last good reading of a counter left; all three null before it. */
export interface LastReading {
  lastRaw: string | null;
  lastAt: Date | null;
  lastUptimeTicks: number | null;
}

/** What one poll found out about one item. */
export interface ItemResult {
  item: AskedItem;
  /** 0: read; 1: an error; 2: read, but a rate needs a second reading. */
  status: 0 | 1 | 2;
  value: number | null;
  text: string | null;
  raw: string | null;
  uptimeTicks: number | null;
  error: string | null;
  errorDetail: string | null;
  at: Date;
}

/** What a reading means for its item: a number, a rate, a text or an error. */
export function itemResult(
  item: AskedItem & LastReading,
  reading: SnmpReading,
  at: Date,
  uptimeTicks: number | null,
): ItemResult {
  const { num, oid, valueType, transform } = item;
  const nothing = {
    item: { num, oid, valueType, transform },
    at,
    value: null,
    text: null,
    raw: null,
    uptimeTicks,
    error: null,
    errorDetail: null,
  };
  if (reading.kind === 'error') return { ...nothing, status: 1, error: reading.code, errorDetail: reading.message };
  if (valueType === 'text') return { ...nothing, status: 0, text: String(reading.value).slice(0, 1_000) };
  const number = numberOf(reading);
  if (number === null) {
    const shown = String(reading.value).slice(0, 100);
    return {
      ...nothing,
      status: 1,
      error: 'not_a_number',
      errorDetail: `The agent answered with "${shown}".`,
    };
  }
  if (transform === 'none') return { ...nothing, status: 0, value: Number(number), raw: String(number) };
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
  if (reading.kind === 'number') {
    // Floats in Opaque can be NaN.
    return typeof reading.value === 'bigint' || Number.isFinite(reading.value) ? reading.value : null;
  }
  const text = reading.value.trim();
  const number = Number(text);
  return text !== '' && Number.isFinite(number) ? number : null;
}

function whole(number: number | bigint): bigint {
  return typeof number === 'bigint' ? number : BigInt(Math.trunc(number));
}
