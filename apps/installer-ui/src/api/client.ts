import { Client } from '@slipway/client'

/** The server that served this page; the session's cookie says who asks. */
export const client = new Client({ url: '', token: null })
