import { Module } from '@nestjs/common';

/** Offers the values of the swarm. */
@Module({})
export class SwarmSignalsModule {}
