/** The door of the room that sends frames to the server, at least once and in order. */
export { shipMetrics } from './metrics.ts';
export { defaultShipSettings, type ShipSettings } from './settings.ts';
export { Shipper } from './shipper.ts';
