import type { SnmpReading } from './snmp-agent.port.js';

/** One value as net-snmp hands it out. */
export interface RawVarbind {
  oid: string;
  /** ASN.1 tag, RFC 3416. */
  type?: number | undefined;
  value?: unknown;
}

const TYPE = {
  boolean: 1,
  integer: 2,
  octetString: 4,
  null: 5,
  oid: 6,
  ipAddress: 64,
  counter32: 65,
  gauge32: 66,
  timeTicks: 67,
  opaque: 68,
  counter64: 70,
  noSuchObject: 128,
  noSuchInstance: 129,
  endOfMibView: 130,
} as const;
const MAX_TEXT = 1_000;

/** What a varbind means. */
export function decodeVarbind({ type, value }: RawVarbind): SnmpReading {
  switch (type) {
    case TYPE.counter32:
      return { kind: 'number', value: Number(value), bits: 32 };
    case TYPE.counter64:
      return { kind: 'number', value: bigEndian(value), bits: 64 };
    case TYPE.boolean:
    case TYPE.integer:
    case TYPE.gauge32:
    case TYPE.timeTicks:
      return { kind: 'number', value: Number(value), bits: null };
    case TYPE.octetString:
      return { kind: 'text', value: octets(value) };
    case TYPE.opaque:
      return opaque(value);
    case TYPE.oid:
    case TYPE.ipAddress:
      return { kind: 'text', value: String(value).slice(0, MAX_TEXT) };
    case TYPE.noSuchObject:
      return { kind: 'error', code: 'no_such_object', message: 'The agent does not know this OID.' };
    case TYPE.noSuchInstance:
    case TYPE.endOfMibView:
      return {
        kind: 'error',
        code: 'no_such_instance',
        message: 'The agent knows the object, but not this instance of it (a scalar ends in .0, a table in its index).',
      };
    default:
      return {
        kind: 'error',
        code: 'agent_error',
        message: `The agent answered with the unknown type ${String(type)}.`,
      };
  }
}

/** Counter64 arrives as the bytes of an unsigned number, with or without leading zeros. */
function bigEndian(value: unknown): bigint {
  if (typeof value === 'number' || typeof value === 'bigint') return BigInt(value);
  const hex = Buffer.isBuffer(value) ? value.toString('hex') : '';
  return hex === '' ? 0n : BigInt.asUintN(64, BigInt(`0x${hex}`));
}

/** Text, or bytes in hexadecimal where it is none (MAC addresses, bit strings). */
function octets(value: unknown): string {
  if (!Buffer.isBuffer(value)) return String(value).slice(0, MAX_TEXT);
  const text = value.toString('utf8').replace(/\0+$/, '');
  const readable = !/[\u{fffd}\p{Cc}]/u.test(text.replaceAll(/[\t\r\n]/g, ''));
  return readable ? text.slice(0, MAX_TEXT) : (value.subarray(0, 300).toString('hex').match(/../g) ?? []).join(':');
}

/** Net-SNMP wraps floats and doubles in Opaque: `9f 78 04 <float>`, `9f 79 08 <double>`. */
function opaque(value: unknown): SnmpReading {
  if (Buffer.isBuffer(value) && value[0] === 0x9f && value[1] === 0x78 && value.length >= 7) {
    return { kind: 'number', value: value.readFloatBE(3), bits: null };
  }
  if (Buffer.isBuffer(value) && value[0] === 0x9f && value[1] === 0x79 && value.length >= 11) {
    return { kind: 'number', value: value.readDoubleBE(3), bits: null };
  }
  return { kind: 'text', value: octets(value) };
}
