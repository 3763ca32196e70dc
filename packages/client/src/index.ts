export { Client, type CallInput, type CallOutput, type ClientOptions } from './client.ts'
export { followEvents, type FollowOptions } from './follow-events.ts'
