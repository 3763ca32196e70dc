export { withTestDatabase, type TestDatabase } from './postgres.ts'
export { simpleConfig } from './rack/simple-config.ts'
export { startRack, type Rack, type RackOptions } from './rack/start-rack.ts'
