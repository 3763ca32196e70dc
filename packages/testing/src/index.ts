export { withTestDatabase, type TestDatabase } from './postgres.ts'
