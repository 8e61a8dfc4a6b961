import { Module } from '@nestjs/common';
import { RouteScopes } from './route-scopes.store.js';
import { RoutingStore } from './routing.store.js';

/** Who is told of which alerts, for who tells. */
@Module({ providers: [RouteScopes, RoutingStore], exports: [RoutingStore] })
export class RoutingModule {}
