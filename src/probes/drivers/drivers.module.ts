import { Module } from '@nestjs/common';
import { AddressResolver } from './address-resolver.client.js';
import { FpingDriver } from './fping.driver.js';
import { HttpDriver } from './http.driver.js';
import { ProbeDrivers } from './probe-drivers.js';
import { ReverseLookup } from './reverse-lookup.client.js';
import { TcpDriver } from './tcp.driver.js';

/** The probe drivers: only for workers. */
@Module({
  providers: [
    AddressResolver,
    ReverseLookup,
    FpingDriver,
    TcpDriver,
    HttpDriver,
    {
      provide: ProbeDrivers,
      useFactory: (icmp: FpingDriver, tcp: TcpDriver, http: HttpDriver) => new ProbeDrivers([icmp, tcp, http]),
      inject: [FpingDriver, TcpDriver, HttpDriver],
    },
  ],
  exports: [ProbeDrivers, AddressResolver, ReverseLookup],
})
export class DriversModule {}
