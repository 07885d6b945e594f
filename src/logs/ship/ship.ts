/** The door of the room that sends frames to the server, at least once and in order. */
export { type ShipMetrics, shipMetrics } from './metrics.ts';
export { defaultShipSettings, type ShipSettings } from './settings.ts';
export { type Outgoing, Shipper, type ShipperOptions } from './shipper.ts';
