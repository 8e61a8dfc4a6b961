import {
  PARTITIONED_TABLES,
  partitionAt,
  partitionNamed,
  partitionsWanted,
  type PartitionedTable,
} from './partition-calendar.js';

const DAY_MS = 86_400_000;

describe('partitions by the calendar', () => {
  it.each<[PartitionedTable, string, string, string, string]>([
    ['ping_results', '2026-11-21T23:59:59.999Z', 'ping_results_20261121', '2026-11-21', '2026-11-22'],
    ['ping_results', '2026-11-22T00:00:00Z', 'ping_results_20261122', '2026-11-22', '2026-11-23'],
    ['snmp_results', '2028-02-29T12:00:00Z', 'snmp_results_20280229', '2028-02-29', '2028-03-01'],
    ['ping_results', '2026-12-31T12:00:00Z', 'ping_results_20261231', '2026-12-31', '2027-01-01'],
    // The nights in which Europe changes its clocks: UTC days have 24 hours all the same.
    ['ping_results', '2026-03-29T01:30:00Z', 'ping_results_20260329', '2026-03-29', '2026-03-30'],
    ['ping_5m', '2026-11-21T10:00:00Z', 'ping_5m_20261116', '2026-11-16', '2026-11-23'],
    ['ping_5m', '2026-11-22T23:59:59Z', 'ping_5m_20261116', '2026-11-16', '2026-11-23'],
    ['ping_5m', '2026-11-23T00:00:00Z', 'ping_5m_20261123', '2026-11-23', '2026-11-30'],
    ['ping_5m', '2027-01-01T00:00:00Z', 'ping_5m_20261228', '2026-12-28', '2027-01-04'],
    ['ping_1h', '2026-11-30T23:59:59Z', 'ping_1h_202611', '2026-11-01', '2026-12-01'],
    ['ping_1h', '2026-12-31T23:00:00Z', 'ping_1h_202612', '2026-12-01', '2027-01-01'],
    ['ping_1h', '2028-02-29T00:00:00Z', 'ping_1h_202802', '2028-02-01', '2028-03-01'],
  ])('%s at %s is in %s', (table, at, name, from, to) => {
    const partition = { table, name, from: new Date(`${from}T00:00:00Z`), to: new Date(`${to}T00:00:00Z`) };
    expect(partitionAt(table, new Date(at))).toEqual(partition);
    expect(partitionNamed(name)).toEqual(partition);
  });

  it.each([
    'ping_results',
    'ping_results_2026',
    'ping_results_202611',
    'ping_results_20261131',
    'ping_5m_20261121',
    'ping_1h_20261101',
    'ping_1h_202613',
    'ping_results_20261121_old',
    'devices_20261121',
  ])('knows no partition %s', (name) => expect(partitionNamed(name)).toBeNull());

  it('wants the unit before, this one, and 7 days ahead at least, without a gap', () => {
    for (const day of ['2026-11-21', '2026-12-31', '2027-01-31', '2028-02-29']) {
      const now = new Date(`${day}T23:59:59Z`);
      const wanted = partitionsWanted(now);
      const byTable = PARTITIONED_TABLES.map((table) => wanted.filter((each) => each.table === table));
      for (const partitions of byTable) {
        expect(partitions[1]!.from.getTime()).toBeLessThanOrEqual(now.getTime());
        expect(partitions[1]!.to.getTime()).toBeGreaterThan(now.getTime());
        expect(partitions.at(-1)!.to.getTime()).toBeGreaterThan(now.getTime() + 7 * DAY_MS);
        partitions.slice(1).forEach((each, place) => expect(each.from).toEqual(partitions[place]!.to));
      }
    }
  });
});
